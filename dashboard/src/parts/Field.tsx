import { type ComponentProps, type ReactNode, useId } from "react";

interface Named {
  label: string;
  /** The field's name in the API. */
  api?: string;
  hint?: ReactNode;
  /** What is wrong with it; stands in the hint's place. */
  wrong?: string;
}

/** A labelled line of text; its problem stands where the eye already is. */
export function Field({ label, api, hint, wrong, className = "", ...more }: ComponentProps<"input"> & Named) {
  const id = useId();
  const told = wrong ?? hint;
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
        {api && <code>{api}</code>}
      </label>
      <input
        id={id}
        className={`input ${className}`}
        aria-invalid={wrong ? true : undefined}
        aria-describedby={told ? `${id}-hint` : undefined}
        {...more}
      />
      {told && (
        <p id={`${id}-hint`} className="hint" data-bad={wrong ? "" : undefined}>
          {told}
        </p>
      )}
    </div>
  );
}
