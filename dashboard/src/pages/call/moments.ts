/** What a reader may want to jump to, in the order of time. */
import type { Timeline } from "../../client";
import type { IconName } from "../../parts/Icon";

export interface Moment {
  atMs: number;
  icon: IconName;
  kind: "cut" | "hold" | "fault" | "tool";
}

export function momentsOf(call: Timeline): Moment[] {
  return [
    ...call.holds.map((hold): Moment => ({ atMs: hold.start_ms, ...(hold.verdict === "barge_in" ? { icon: "cut", kind: "cut" } : { icon: "hold", kind: "hold" }) })),
    ...call.failures.map((each): Moment => ({ atMs: each.at_ms, icon: "fault", kind: "fault" })),
    ...call.tools.map((each): Moment => ({ atMs: each.start_ms, icon: "tool", kind: "tool" })),
  ].toSorted((a, b) => a.atMs - b.atMs);
}

/** The turn that an instant belongs to: of the reply that was waited for, or spoken, then. */
export function turnAt(call: Timeline, ms: number): number {
  const begun = call.replies.filter((reply) => (reply.boundaries_ms[0] ?? 0) <= ms);
  return begun.at(-1)?.turn_id ?? call.replies[0]?.turn_id ?? 0;
}

/** Who speaks at an instant. */
export function speakerAt(call: Timeline, ms: number): "caller" | "agent" | "both" | "nobody" {
  const within = (span: { start_ms: number; end_ms: number }) => span.start_ms <= ms && ms < span.end_ms;
  const caller = call.speech.some(within);
  const agent = call.lines.some((line) => line.speaker === "agent" && (line.sound ?? []).some(within));
  return caller && agent ? "both" : caller ? "caller" : agent ? "agent" : "nobody";
}
