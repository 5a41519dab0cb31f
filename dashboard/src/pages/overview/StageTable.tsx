import { Link } from "@tanstack/react-router";
import type { StatisticsView } from "../../client";
import { FAMILIES, STAGES, type Stage } from "../../parts/stages";
import { texts } from "../../texts";
import { number } from "../../words/times";
import type { Range } from "./range";

const T = texts.overview;

/** Where replies waited, stage by stage: the usual as a bar, one in 20 as a line behind it. In ms. */
export function StageTable({ total, range, assistant }: { total: StatisticsView; range: Range; assistant: number | undefined }) {
  const { latency } = total;
  const whole = latency["total"];
  const most = Math.max(1, ...STAGES.map((stage) => latency[stage]?.p95_ms ?? 0));
  if (!whole) {
    return null;
  }
  return (
    <section className="overview-band">
      <div className="section-head">
        <h2>{T.stages}</h2>
        <span className="remark">{T.stagesText}</span>
      </div>
      <table className="stage-table">
        <thead className="unseen">
          <tr>
            <th scope="col">{T.stages}</th>
            <th scope="col">{T.share}</th>
            <th scope="col">{T.usual}</th>
            <th scope="col">{T.slow}</th>
          </tr>
        </thead>
        <tbody>
          {STAGES.map((stage) => (
            <tr key={stage}>
              <th scope="row">
                {T.stageNames[stage]} <span className="faint">{T.families[familyOf(stage)]}</span>
              </th>
              <td className="range-bar">
                <i data-part="slow" style={{ width: `${((latency[stage]?.p95_ms ?? 0) / most) * 100}%` }} />
                <i data-stage={stage} style={{ width: `${((latency[stage]?.p50_ms ?? 0) / most) * 100}%` }} />
              </td>
              <td>{number(latency[stage]?.p50_ms ?? 0)}</td>
              <td className="soft">{number(latency[stage]?.p95_ms ?? 0)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{T.stageNames.total}</th>
            <td />
            <td>
              <Link to="/calls" search={{ time: range, assistant, slow: whole.p50_ms }}>
                {number(whole.p50_ms)}
              </Link>
            </td>
            <td>
              <Link to="/calls" search={{ time: range, assistant, slow: whole.p95_ms }}>
                {number(whole.p95_ms)}
              </Link>
            </td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

function familyOf(stage: Stage): keyof typeof FAMILIES {
  const found = Object.entries(FAMILIES).find(([, stages]) => (stages as readonly Stage[]).includes(stage));
  return (found?.[0] ?? "wire") as keyof typeof FAMILIES;
}
