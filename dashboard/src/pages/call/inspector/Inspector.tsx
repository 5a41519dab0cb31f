import type { ConversationDetail, Timeline } from "../../../client";
import { totalOf } from "../../../parts/stages";
import { fill, texts } from "../../../texts";
import { seconds } from "../../../words/times";
import type { TimedReply } from "../LaidOpen";
import { CostSection } from "./CostSection";
import { type Usual, Waterfall } from "./Waterfall";

const T = texts.call;

interface Shown {
  call: ConversationDetail;
  timeline: Timeline;
  replies: readonly TimedReply[];
  usual: Usual;
  turn: number;
}

/** The chosen reply, stage by stage; below it the facts of the line. */
export function Inspector({ call, timeline, replies, usual, turn }: Shown) {
  const chosen = replies[turn - 1];
  return (
    <aside className="inspector" aria-live="polite">
      <section>
        {chosen ? (
          <>
            <div className="section-head">
              <h2>{fill(T.waited, { turn, length: seconds(totalOf(chosen.stages)) })}</h2>
              <span className="remark">{T.against}</span>
            </div>
            <Waterfall stages={chosen.stages} usual={usual} savedMs={chosen.reply.saved_ms} />
          </>
        ) : (
          <>
            <h2>{T.noReplies}</h2>
            <p className="soft small">{T.noRepliesText}</p>
          </>
        )}
      </section>
      <CostSection call={call} />
      <section>
        <div className="section-head">
          <h2>{T.facts}</h2>
        </div>
        <dl className="facts">
          {call.legs.map((leg) => leg.call_sid && <Fact key={leg.context_id} name={T.callSid} value={<code>{leg.call_sid}</code>} />)}
          <Fact name={T.bargeIns} value={fill(T.bargeInCounts, countsOf(timeline))} />
          {Object.entries(call.arguments).map(([name, value]) => (
            <Fact key={name} name={name} value={value} />
          ))}
        </dl>
      </section>
    </aside>
  );
}

function Fact({ name, value }: { name: string; value: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function countsOf(timeline: Timeline): { real: number; wrong: number } {
  const of = (verdict: string) => timeline.holds.filter((hold) => hold.verdict === verdict).length;
  return { real: of("barge_in"), wrong: of("false_barge_in") };
}
