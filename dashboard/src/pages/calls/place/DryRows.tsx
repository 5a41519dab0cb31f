import type { BulkItem } from "../../../client";
import { State } from "../../../parts/State";
import { count, fill, texts } from "../../../texts";
import { shownNumber } from "../../../words/phone";
import { type CsvRow, repeated } from "./csv";

const T = texts.placeCall;
/** Rows that are shown: those that would be refused come first. */
const SHOWN = 200;

/** What a dry run says of each row, first of those that would not be dialled. */
export function DryRows({ rows, items }: { rows: readonly CsvRow[]; items: readonly BulkItem[] }) {
  const again = repeated(rows);
  const told = rows.map((row, at) => ({ row, item: items[at], before: again.get(row.line) }));
  const refused = told.filter(({ item }) => item && !item.accepted);
  const notable = told.filter(({ item, before }) => item?.accepted && before !== undefined);
  const shown = [...refused, ...notable].slice(0, SHOWN);
  return (
    <section aria-label={T.dryRun}>
      <p role="status">
        <State kind={refused.length > 0 ? "attention" : "good"}>{refused.length === 0 ? count(T.allGood, rows.length) : fill(T.someGood, { good: rows.length - refused.length, of: rows.length })}</State>
      </p>
      <ul className="dry-rows">
        {shown.map(({ row, item, before }) => (
          <li key={row.line}>
            <b>
              {fill(T.line, { n: row.line })} <span className="soft">{row.number ? shownNumber(row.number) : T.noNumber}</span>
            </b>
            <span data-bad={item?.accepted ? undefined : ""}>{item?.accepted ? fill(T.again, { n: before ?? 0 }) : (item?.errors?.[0]?.problem ?? item?.detail)}</span>
          </li>
        ))}
      </ul>
      {refused.length + notable.length > SHOWN && <p className="hint">{count(T.more, refused.length + notable.length - SHOWN)}</p>}
    </section>
  );
}
