/** What a call is at, in words, and whether somebody should look at it. */
import { fill, texts } from "../../texts";
import type { BoardCall } from "./call";

const T = texts.live;
/** From here on a wait is told to be slow: people begin to say "hello?" after some two seconds. */
const SLOW_MS = 2000;
/** From here on the length of a wait is told. */
const TOLD_MS = 1000;
/** Nobody was heard for so long: the line may be dead. */
const SILENT_MS = 8000;

export function stateInWords(call: BoardCall, nowMs: number): string {
  const waited = nowMs - call.sinceMs;
  const name = call.state === "tool" ? (call.tools[0] ?? T.states.tool) : T.states[call.state];
  const waits = call.state === "tool" || call.state === "thinks";
  return waits && waited >= TOLD_MS ? fill(T.forLong, { what: name, n: Math.floor(waited / 1000) }) : name;
}

export function needsEyes(call: BoardCall, nowMs: number): keyof typeof T.tags | null {
  const waits = call.state === "tool" || call.state === "thinks";
  if (waits && nowMs - call.sinceMs >= SLOW_MS) {
    return "slow";
  }
  const quiet = call.state !== "rings" && call.state !== "secret" && call.state !== "tool";
  return quiet && nowMs - call.sound.heardMs >= SILENT_MS ? "silent" : null;
}
