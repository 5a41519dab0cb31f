import { useEffect, useState } from "react";
import { fill, texts } from "../texts";

const WIDTHS = [[38, 46, 24], [33, 26, 21], [42, 52, 26], [31, 40, 22], [36, 30, 20]];
const LONG_MS = 5000;

/** The shape of the rows that come: nothing for 200 ms, and a sentence when it takes long. */
export function Loading({ what }: { what: string }) {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="bones" role="status" aria-live="polite">
      <span className="unseen">{fill(texts.problem.waiting, { what })}</span>
      {WIDTHS.map((row, index) => (
        <span key={index} className="grid grid-cols-3 gap-6" aria-hidden="true">
          {row.map((width) => (
            <i key={width} style={{ width: `${width * 2}%` }} />
          ))}
        </span>
      ))}
      {long && <p className="faint small">{fill(texts.problem.waiting, { what })}</p>}
    </div>
  );
}
