import type { ReactNode } from "react";

/** What is on or off at once, without a button to save it. */
export function Switch({ on, onChange, disabled, children }: { on: boolean; onChange: (on: boolean) => void; disabled?: boolean; children: ReactNode }) {
  return (
    <button type="button" className="switch" role="switch" aria-checked={on} disabled={disabled} onClick={() => onChange(!on)}>
      <i aria-hidden="true" />
      {children}
    </button>
  );
}
