import { type ComponentProps, type ReactNode, useId } from "react";

/** A labelled choice of one among many. Without `label` the control needs an `aria-label`. */
export function Select({ label, hint, children, ...more }: ComponentProps<"select"> & { label?: string; hint?: ReactNode }) {
  const id = useId();
  const control = (
    <select id={id} className="input" aria-describedby={hint ? `${id}-hint` : undefined} {...more}>
      {children}
    </select>
  );
  if (label === undefined) {
    return control;
  }
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      {control}
      {hint && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
