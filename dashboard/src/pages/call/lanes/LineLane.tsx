import type { Timeline } from "../../../client";
import { Icon } from "../../../parts/Icon";
import { texts } from "../../../texts";
import { useAxis } from "../axis/TimeAxis";
import { isSecret, shownKey } from "../entries";
import { Lane } from "./Lane";

/** Callbacks that come together stand together. */
const TOGETHER_MS = 2500;

/** What the carrier reported, and the caller's keys; secret ones are dots. */
export function LineLane({ timeline }: { timeline: Timeline }) {
  const { left, isShown, fromMs, toMs } = useAxis();
  return (
    <Lane
      className={timeline.keys.length > 0 ? "lane-line lane-with-keys" : "lane-line"}
      label={
        <>
          <Icon name="line" />
          {texts.call.lanes.line}
        </>
      }
    >
      {groupsOf(timeline)
        .filter((each) => isShown(each.atMs, each.atMs))
        .map((each, index) => (
          <i key={index} className="callbacks" data-late={each.atMs > fromMs + 0.6 * (toMs - fromMs) ? "" : undefined} style={{ left: left(Math.min(each.atMs, toMs)) }}>
            {each.words.join(" → ")}
          </i>
        ))}
      {timeline.keys
        .filter((key) => isShown(key.at_ms, key.at_ms))
        .map((key, index) => (
          <i key={`k${index}`} className="pressed" data-secret={isSecret(key.key) ? "" : undefined} style={{ left: left(key.at_ms) }}>
            {shownKey(key.key)}
          </i>
        ))}
    </Lane>
  );
}

function groupsOf(timeline: Timeline): { atMs: number; words: string[] }[] {
  const groups: { atMs: number; words: string[] }[] = [];
  for (const each of timeline.callbacks) {
    const word = each.status.replaceAll("-", " ");
    const group = groups.at(-1);
    if (group && each.at_ms - group.atMs < TOGETHER_MS) {
      group.words.push(word);
    } else {
      groups.push({ atMs: Math.min(each.at_ms, timeline.duration_ms), words: [word] });
    }
  }
  return groups;
}
