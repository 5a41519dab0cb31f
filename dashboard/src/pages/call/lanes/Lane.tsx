import type { ReactNode } from "react";

/** A strip of the axis with its name; what lies in it is placed by the axis. */
export function Lane({ label, className, children }: { label?: ReactNode; className: string; children: ReactNode }) {
  return (
    <div className={`lane ${className}`}>
      <span className="lane-label">{label}</span>
      <div className="lane-track">{children}</div>
    </div>
  );
}
