import { StageBar } from "../../../parts/StageBar";
import { totalOf } from "../../../parts/stages";
import { fill, texts } from "../../../texts";
import { seconds } from "../../../words/times";
import type { TimedReply } from "../LaidOpen";
import { useAxis } from "../axis/TimeAxis";
import { Lane } from "./Lane";

/** Each reply's wait at its true length, and its total. */
export function WaitLane({ replies, turn, onTurn }: { replies: readonly TimedReply[]; turn: number; onTurn: (turn: number) => void }) {
  const { left, width, isShown } = useAxis();
  return (
    <Lane className="lane-waits" label={texts.call.lanes.waits}>
      {replies.map(({ reply, stages }, index) => {
        const [fromMs = 0] = reply.boundaries_ms;
        const toMs = reply.boundaries_ms.at(-1) ?? fromMs;
        return (
          isShown(fromMs, toMs) && (
            <button
              key={index}
              type="button"
              aria-pressed={index + 1 === turn}
              aria-label={fill(texts.call.waited, { turn: index + 1, length: seconds(totalOf(stages)) })}
              style={{ left: left(fromMs), width: width(fromMs, toMs) }}
              onClick={() => onTurn(index + 1)}
            >
              <StageBar turn={index + 1} stages={stages} />
              <b>{seconds(totalOf(stages))}</b>
            </button>
          )
        );
      })}
    </Lane>
  );
}
