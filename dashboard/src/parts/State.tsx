import type { ReactNode } from "react";

export type StateKind = "good" | "fault" | "attention" | "draft" | "progress" | "plain";

/** How something is: a mark and a word, so that colour is never alone. */
export function State({ kind, children }: { kind: StateKind; children: ReactNode }) {
  return (
    <span className="state" data-kind={kind}>
      {children}
    </span>
  );
}
