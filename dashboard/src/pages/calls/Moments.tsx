import type { MomentsView } from "../../client";
import { Icon, type IconName } from "../../parts/Icon";
import { count, texts } from "../../texts";

const KINDS: readonly [keyof MomentsView, IconName][] = [
  ["failed", "fault"],
  ["cut", "cut"],
  ["false_alarms", "hold"],
  ["tools", "tool"],
];

/** What happened in a call, by kind and count. */
export function Moments({ of }: { of: MomentsView }) {
  return (
    <span className="moments">
      {KINDS.filter(([kind]) => of[kind] > 0).map(([kind, icon]) => {
        const told = count(texts.calls.momentKinds[kind], of[kind]);
        return (
          <span key={kind} data-kind={kind} title={told}>
            <Icon name={icon} />
            <span aria-hidden="true">{of[kind]}</span>
            <span className="unseen">{told}</span>
          </span>
        );
      })}
    </span>
  );
}
