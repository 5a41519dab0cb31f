import { Link } from "@tanstack/react-router";
import { fill, texts } from "../../texts";
import { seconds } from "../../words/times";
import { TimeColumns } from "./TimeColumns";
import { columnsOf } from "./columns";
import type { Figures } from "./queries";

const T = texts.overview;
const HEIGHT = 90;
/** The ruler reaches at least so far, so that quick replies do not look slow. */
const LEAST_MS = 2000;

/** How long callers waited, by hour or day: from the usual reply to the one in 20 that is slowest. */
export function WaitsChart({ figures, assistant }: { figures: Figures; assistant: number | undefined }) {
  const columns = columnsOf(figures);
  const most = Math.max(LEAST_MS, ...columns.map((each) => each.row?.latency["total"]?.p95_ms ?? 0));
  const y = (ms: number) => HEIGHT - 2 - (ms / most) * (HEIGHT - 6);
  return (
    <section className="overview-band">
      <div className="section-head">
        <h2>{T.waits}</h2>
        <span className="remark">{fill(T.waitsText, { s: seconds(most) })}</span>
      </div>
      <TimeColumns columns={columns} bucket={figures.span.bucket}>
        {({ at, until, label, row }) => {
          const reply = row?.latency["total"];
          if (!reply) {
            return <span className="column column-waits" />;
          }
          const told = fill(T.wait, { when: label, usual: seconds(reply.p50_ms), slow: seconds(reply.p95_ms) });
          return (
            <Link className="column column-waits" to="/calls" search={{ from: at.toISOString(), to: until.toISOString(), assistant, slow: reply.p95_ms }} aria-label={told} title={told}>
              <svg className="column-bars" viewBox={`0 0 10 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
                <rect className="whisker" x="4.2" width="1.6" y={y(reply.p95_ms)} height={Math.max(1, y(reply.p50_ms) - y(reply.p95_ms))} />
                <rect className="slowest" x="2.5" width="5" y={y(reply.p95_ms) - 1} height="2" />
                <rect className="usual" x="1.5" width="7" y={y(reply.p50_ms) - 2} height="4" />
              </svg>
            </Link>
          );
        }}
      </TimeColumns>
    </section>
  );
}
