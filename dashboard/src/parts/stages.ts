/** A reply's wait, by whose it was. The eight stages always sum to the whole. */
import type { ReplyTimes } from "../client";
import { fill, texts } from "../texts";
import { number } from "../words/times";

export const STAGES = ["stop", "final", "confirm", "token", "sentence", "sound", "frame", "mark"] as const;
export type Stage = (typeof STAGES)[number];

export const FAMILIES = { ear: ["stop", "final", "confirm"], mind: ["token", "sentence"], voice: ["sound"], wire: ["frame", "mark"] } as const satisfies Record<string, readonly Stage[]>;
export type Family = keyof typeof FAMILIES;

export type StageTimes = Readonly<Record<Stage, number>>;

/** Milliseconds of each stage: the steps between a reply's nine boundaries. */
export function stagesOf(reply: ReplyTimes): StageTimes {
  const at = reply.boundaries_ms;
  return Object.fromEntries(STAGES.map((stage, index) => [stage, (at[index + 1] ?? 0) - (at[index] ?? 0)])) as Record<Stage, number>;
}

export function totalOf(stages: StageTimes): number {
  return STAGES.reduce((sum, stage) => sum + stages[stage], 0);
}

/** The median of each stage. Medians of parts do not sum to that of the whole; each is its own. */
export function usualOf(replies: readonly StageTimes[]): StageTimes {
  return Object.fromEntries(STAGES.map((stage) => [stage, median(replies.map((each) => each[stage]))])) as Record<Stage, number>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? 0) : Math.round(((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2);
}

/** The stage that took longest. */
export function longest(stages: StageTimes): Stage {
  return STAGES.reduce((most, stage) => (stages[stage] > stages[most] ? stage : most));
}

/** Turn 3: 1,981 ms: ear 1,592, mind 249, voice 97, wire 43 */
export function inOneLine(turn: number, stages: StageTimes): string {
  const families = Object.entries(FAMILIES).map(([family, parts]) => [family, number(parts.reduce((sum, stage) => sum + stages[stage], 0))]);
  return fill(texts.call.bar, { turn, total: number(totalOf(stages)), ...Object.fromEntries(families) });
}
