import type { Timeline } from "../../../client";
import { Icon, type IconName } from "../../../parts/Icon";
import { fill, texts } from "../../../texts";
import { place, seconds } from "../../../words/times";
import { useAxis } from "../axis/TimeAxis";
import { Lane } from "./Lane";

const N = texts.call.notes;
const TOGETHER_MS = 500;

interface Shown {
  timeline: Timeline;
  family: "stt" | "llm" | "tts";
  icon: IconName;
  label: string;
  onSeek: (ms: number) => void;
}

/** Who served, from when to when; where one failed, and in the mind's lane the tools. */
export function ServiceLane({ timeline, family, icon, label, onSeek }: Shown) {
  const { left, width, isShown, durationMs } = useAxis();
  return (
    <Lane
      className="lane-service"
      label={
        <>
          <Icon name={icon} />
          {label}
        </>
      }
    >
      {servedBy(timeline, family, durationMs).map((each, index) => (
        <i key={index} className="served" data-family={family} style={{ left: left(each.fromMs), width: width(each.fromMs, each.toMs) }}>
          <b>{each.provider}</b>
        </i>
      ))}
      {family === "llm" &&
        timeline.tools
          .map((tool) => ({ tool, endMs: tool.end_ms ?? durationMs }))
          .filter(({ tool, endMs }) => isShown(tool.start_ms, endMs))
          .map(({ tool, endMs }, index) => (
            <button
              key={`t${index}`}
              type="button"
              className="tool-run"
              data-failed={tool.ok === false ? "" : undefined}
              style={{ left: left(tool.start_ms), width: width(tool.start_ms, endMs) }}
              title={`${tool.name} ${fill(N.tool, { length: seconds(endMs - tool.start_ms) })}`}
              aria-label={`${place(tool.start_ms)} ${tool.name} ${fill(N.tool, { length: seconds(endMs - tool.start_ms) })}`}
              onClick={() => onSeek(tool.start_ms)}
            >
              <b>{tool.name}</b>
            </button>
          ))}
      {apart(timeline.failures.filter((each) => each.family === family))
        .filter((each) => isShown(each.at_ms, each.at_ms))
        .map((each, index) => (
          <button
            key={`f${index}`}
            type="button"
            className="failure"
            style={{ left: left(each.at_ms) }}
            aria-label={`${place(each.at_ms)} ${each.provider} ${fill(N.failed, { reason: each.reason })}`}
            title={`${each.provider} ${fill(N.failed, { reason: each.reason })}`}
            onClick={() => onSeek(each.at_ms)}
          >
            <Icon name="fault" />
          </button>
        ))}
    </Lane>
  );
}

/** Of failures that follow one another at once, as when something is asked again, the first: all are in the transcript. */
function apart(failures: Timeline["failures"]): Timeline["failures"] {
  return failures.filter((each, index) => index === 0 || each.at_ms - (failures[index - 1]?.at_ms ?? 0) > TOGETHER_MS);
}

/** The providers of a family in their order: one serves until it failed for good, then the next. */
function servedBy(timeline: Timeline, family: Shown["family"], durationMs: number): { provider: string; fromMs: number; toMs: number }[] {
  const gone = timeline.failures.filter((each) => each.family === family && each.for_good).map((each) => each.at_ms);
  const providers = timeline.services.filter((each) => each.family === family).map((each) => each.provider);
  return providers
    .map((provider, index) => ({ provider, fromMs: index === 0 ? 0 : (gone[index - 1] ?? durationMs), toMs: gone[index] ?? durationMs }))
    .filter((each) => each.toMs > each.fromMs);
}
