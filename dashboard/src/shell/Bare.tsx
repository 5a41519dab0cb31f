import type { ReactNode } from "react";
import { Mark } from "./Mark";

/** The line above pages that nobody needs to be signed in for. */
export function Bare({ children }: { children: ReactNode }) {
  return (
    <>
      <header className="bare-top">
        <span className="mark flex items-center">
          <Mark />
          Rapida
        </span>
        <span className="small faint">{window.location.host}</span>
      </header>
      <main>{children}</main>
    </>
  );
}
