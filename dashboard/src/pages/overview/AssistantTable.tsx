import { Link } from "@tanstack/react-router";
import type { StatisticsView } from "../../client";
import { texts } from "../../texts";
import { length, number, seconds } from "../../words/times";
import type { Range } from "./range";

const T = texts.overview;

/** The same by assistant, the busiest first. A name narrows the page to it, a number leads to its calls. */
export function AssistantTable({ rows, names, range }: { rows: readonly StatisticsView[]; names: ReadonlyMap<number, string>; range: Range }) {
  const busiest = rows.toSorted((one, other) => other.calls - one.calls);
  return (
    <section className="overview-band">
      <div className="section-head">
        <h2>{T.byAssistant}</h2>
      </div>
      <div className="table-scroll" data-scroll="">
        <table className="table open-table assistants-figures">
          <thead>
            <tr>
              <th scope="col">{T.assistant}</th>
              <th scope="col" className="number">
                {T.calls}
              </th>
              <th scope="col" className="number">
                {T.answered}
              </th>
              <th scope="col" className="number desk-only">
                {T.length}
              </th>
              <th scope="col" className="number">
                {T.usual}
              </th>
              <th scope="col" className="number desk-only">
                {T.interruptions}
              </th>
              <th scope="col" className="number desk-only">
                {T.failures}
              </th>
              <th scope="col" className="number desk-only">
                {T.cost}
              </th>
            </tr>
          </thead>
          <tbody>
            {busiest.map((each) => (
              <AssistantFigures key={each.assistant_id} of={each} name={names.get(each.assistant_id ?? 0) ?? `#${each.assistant_id}`} range={range} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function AssistantFigures({ of: row, name, range }: { of: StatisticsView; name: string; range: Range }) {
  const assistant = row.assistant_id ?? undefined;
  const base = { time: range, assistant };
  const reply = row.latency["total"];
  return (
    <tr>
      <td>
        <Link to="/" search={{ range, assistant }}>
          <b>{name}</b>
        </Link>
      </td>
      <td className="number">
        <Link to="/calls" search={base}>
          {number(row.calls)}
        </Link>
      </td>
      <td className="number">
        <Link to="/calls" search={{ ...base, answered: true }}>
          {number(row.answered)}
        </Link>
      </td>
      <td className="number desk-only">{row.answered > 0 ? length(row.duration_ms / row.answered) : T.none}</td>
      <td className="number">{reply ? `${seconds(reply.p50_ms)} s` : T.none}</td>
      <td className="number desk-only">
        <Link to="/calls" search={{ ...base, happened: "cut" }}>
          {number(row.barge_ins.true)}
        </Link>
      </td>
      <td className="number desk-only">
        <Link to="/calls" search={{ ...base, happened: "failed" }}>
          {number(row.failures)}
        </Link>
      </td>
      <td className="number desk-only">
        {row.cost.amount} {row.cost.currency}
      </td>
    </tr>
  );
}
