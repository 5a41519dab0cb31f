import type { Timeline } from "../../../client";
import { Icon } from "../../../parts/Icon";
import { texts } from "../../../texts";
import { place } from "../../../words/times";
import { useAxis } from "../axis/TimeAxis";

const T = texts.call;
/** How long a word takes where nobody knows: 160 words a minute. */
const WORD_MS = 375;

/** What lies over the score: holds, cuts, what was never heard, and what was not recorded. */
export function ScoreMarks({ timeline, onSeek }: { timeline: Timeline; onSeek: (ms: number) => void }) {
  const { left, width, isShown } = useAxis();
  const endOf = (ms: number | null | undefined) => ms ?? timeline.duration_ms;
  return (
    <>
      {timeline.mutes.map((mute, index) => (
        <i key={`m${index}`} className="mute" style={{ left: left(mute.start_ms), width: width(mute.start_ms, endOf(mute.end_ms)) }}>
          <em>{T.muted}</em>
        </i>
      ))}
      {unheardOf(timeline).map((span, index) => (
        <i key={`u${index}`} className="unheard" title={T.unheard} style={{ left: left(span.fromMs), width: width(span.fromMs, span.toMs) }} />
      ))}
      {timeline.holds
        .filter((hold) => isShown(hold.start_ms, endOf(hold.end_ms)))
        .map((hold, index) => {
          const isCut = hold.verdict === "barge_in";
          const told = { barge_in: T.notes.barge_in[hold.by], false_barge_in: texts.findings.false_barge_in, went_on: T.notes.went_on, open: T.notes.open }[hold.verdict];
          return (
            <span key={`h${index}`}>
              <i className="hold" data-cut={isCut ? "" : undefined} style={{ left: left(hold.start_ms), width: width(hold.start_ms, endOf(hold.end_ms)) }} />
              <button
                type="button"
                className="flag"
                data-cut={isCut ? "" : undefined}
                style={{ left: left(hold.start_ms) }}
                aria-label={`${place(hold.start_ms)} ${told}`}
                title={told}
                onClick={() => onSeek(hold.start_ms)}
              >
                <Icon name={isCut ? "cut" : "hold"} />
              </button>
            </span>
          );
        })}
    </>
  );
}

/** Sound that was made, or would have been, and never reached the ear: from the cut on, as long as its words take. */
function unheardOf(timeline: Timeline): { fromMs: number; toMs: number }[] {
  const agent = timeline.lines.filter((line) => line.speaker === "agent");
  return agent
    .filter((line) => line.cut && line.end_ms !== null && line.end_ms !== undefined)
    .map((line) => {
      const fromMs = line.end_ms ?? 0;
      const words = line.text.split(/\s+/).length - (line.heard.trim() ? line.heard.trim().split(/\s+/).length : 0);
      const next = Math.min(...agent.map((each) => each.start_ms ?? Number.POSITIVE_INFINITY).filter((ms) => ms > fromMs), timeline.duration_ms);
      return { fromMs, toMs: Math.min(next, fromMs + words * WORD_MS) };
    });
}
