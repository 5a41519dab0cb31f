import { Link } from "@tanstack/react-router";
import type { StatisticsView } from "../../client";
import { State, type StateKind } from "../../parts/State";
import { sentence, texts } from "../../texts";
import { number } from "../../words/times";
import type { Range } from "./range";

const T = texts.overview;
const KINDS = texts.end_kind as Readonly<Record<string, StateKind>>;

/** Calls by how they ended, the most frequent first. */
export function EndTable({ total, range, assistant }: { total: StatisticsView; range: Range; assistant: number | undefined }) {
  const rows = Object.entries(total.ended).toSorted(([, one], [, other]) => other - one);
  const most = rows[0]?.[1] ?? 1;
  return (
    <section className="overview-band">
      <div className="section-head">
        <h2>{T.ended}</h2>
      </div>
      <ul className="bar-rows">
        {rows.map(([reason, calls]) => (
          <li key={reason} data-kind={KINDS[reason]}>
            <State kind={KINDS[reason] ?? "attention"}>
              <Link to="/calls" search={{ time: range, assistant, ended: reason }}>
                {sentence(texts.end_reason, reason)}
              </Link>
            </State>
            <span className="bar" aria-hidden="true">
              <i style={{ width: `${(calls / most) * 100}%` }} />
            </span>
            <b>{number(calls)}</b>
          </li>
        ))}
      </ul>
    </section>
  );
}
