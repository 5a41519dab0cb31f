import type { ReactNode } from "react";

/** The head of a page of the settings: what it is, in a sentence, and what can be done. */
export function PageHead({ title, children, actions }: { title: string; children: ReactNode; actions?: ReactNode }) {
  return (
    <header className="settings-head">
      <div>
        <h1>{title}</h1>
        <p>{children}</p>
      </div>
      {actions}
    </header>
  );
}
