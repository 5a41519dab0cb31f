import { Link } from "@tanstack/react-router";
import type { StatisticsView } from "../../client";
import { count, fill, texts } from "../../texts";
import { TimeColumns } from "./TimeColumns";
import { type Column, columnsOf, failedOf } from "./columns";
import type { Figures } from "./queries";

const T = texts.overview;
/** Half of the chart's height, in its own units. */
const HALF = 60;

/** Calls by hour or day about one line, as in the score: in above, out below; red is what went wrong. */
export function CallsChart({ figures, assistant }: { figures: Figures; assistant: number | undefined }) {
  const columns = columnsOf(figures);
  const most = Math.max(1, ...columns.map((each) => Math.max(each.row?.inbound ?? 0, each.row?.outbound ?? 0)));
  return (
    <section className="overview-band">
      <div className="section-head">
        <h2>{T.chart}</h2>
        <span className="remark">
          <i className="key" data-side="in" /> {T.chartIn} <i className="key" data-side="out" /> {T.chartOut} <i className="key" data-side="failed" /> {T.chartFailed}
        </span>
      </div>
      <TimeColumns columns={columns} bucket={figures.span.bucket}>
        {(column) => (
          <Link className="column" to="/calls" search={{ from: column.at.toISOString(), to: column.until.toISOString(), assistant }} aria-label={told(column)} title={told(column)}>
            <Bars row={column.row} most={most} />
          </Link>
        )}
      </TimeColumns>
    </section>
  );
}

function Bars({ row, most }: { row: StatisticsView | undefined; most: number }) {
  const height = (calls: number) => (calls / most) * (HALF - 2);
  const above = height(row?.inbound ?? 0);
  const below = height(row?.outbound ?? 0);
  const failed = height(row ? failedOf(row) : 0);
  const failedAbove = Math.min(failed, above);
  const failedBelow = Math.min(failed - failedAbove, below);
  return (
    <svg className="column-bars" viewBox={`0 0 10 ${HALF * 2}`} preserveAspectRatio="none" aria-hidden="true">
      <rect className="in" x="1.5" width="7" y={HALF - above} height={above} />
      <rect className="out" x="1.5" width="7" y={HALF} height={below} />
      <rect className="failed" x="1.5" width="7" y={HALF - failedAbove} height={failedAbove + failedBelow} />
    </svg>
  );
}

function told({ label, row }: Column): string {
  return fill(T.bar, { when: label, calls: count(T.callsCount, row?.calls ?? 0), answered: row?.answered ?? 0 });
}
