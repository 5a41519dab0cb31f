import type { ReactNode } from "react";
import type { Column } from "./columns";
import type { Bucket } from "./range";

/** Columns over a ruler of hours or days, of which every so many are named. */
export function TimeColumns({ columns, bucket, children }: { columns: readonly Column[]; bucket: Bucket; children: (column: Column) => ReactNode }) {
  const every = bucket === "hour" ? 3 : columns.length > 7 ? 5 : 1;
  return (
    <ol key={bucket} className="time-columns">
      {columns.map((column, at) => (
        <li key={column.at.getTime()}>
          {children(column)}
          <span aria-hidden="true">{at % every === 0 ? column.label : ""}</span>
        </li>
      ))}
    </ol>
  );
}
