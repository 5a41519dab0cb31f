import type { ReactNode } from "react";

export type StopState = "good" | "fault" | "now" | "open";

/** The stations of a way, one below the other, joined by a line that is whole as far as all is well. */
export function Stops({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ol className="stops" aria-label={label}>
      {children}
    </ol>
  );
}

/** One of them: its mark, its name, what is known of it, and what can be done there. */
export function Stop({ state, mark, name, told, children }: { state: StopState; mark: ReactNode; name: string; told: ReactNode; children?: ReactNode }) {
  return (
    <li className="stop" data-state={state}>
      <span className="stop-mark" aria-hidden="true">
        {mark}
      </span>
      <div className="stop-body">
        <h3>{name}</h3>
        <div className="stop-told">{told}</div>
        {children && <div className="stop-more">{children}</div>}
      </div>
    </li>
  );
}
