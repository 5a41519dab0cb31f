import { type ComponentProps, type ReactNode, useId } from "react";

/** A labelled text of several lines. `beside` stands at the end of the label's line, as the API's name does. */
export function Area({
  label,
  api,
  beside,
  hint,
  wrong,
  className = "",
  ...more
}: ComponentProps<"textarea"> & { label: string; api?: string; beside?: ReactNode; hint?: ReactNode; wrong?: string }) {
  const id = useId();
  const told = wrong ?? hint;
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
        {beside ?? (api && <code>{api}</code>)}
      </label>
      <textarea id={id} className={`input ${className}`} aria-invalid={wrong ? true : undefined} aria-describedby={told ? `${id}-hint` : undefined} {...more} />
      {told && (
        <p id={`${id}-hint`} className="hint" data-bad={wrong ? "" : undefined}>
          {told}
        </p>
      )}
    </div>
  );
}
