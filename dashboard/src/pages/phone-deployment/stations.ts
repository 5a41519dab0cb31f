/** What was checked on a call's way, told by the stations that the page draws. */
import type { StationView } from "../../client";

export const PARTS = {
  number: ["number"],
  carrier: ["status callback"],
  host: ["public host", "DNS", "TLS", "public path", "clock"],
  proof: ["credential", "signature"],
  stream: ["socket"],
  assistant: ["phone deployment", "provider"],
} as const;

export type StationName = keyof typeof PARTS;
export const STATIONS = Object.keys(PARTS) as StationName[];

/** A drawn station: what is wrong with any of its parts, else what is known of all of them. */
export interface Drawn {
  state: "good" | "fault" | "open";
  wrong: readonly StationView[];
  known: readonly string[];
}

export function drawn(name: StationName, found: readonly StationView[] | undefined): Drawn {
  const parts = (found ?? []).filter((each) => (PARTS[name] as readonly string[]).includes(each.name));
  const wrong = parts.filter((each) => each.state === "fault");
  const good = parts.filter((each) => each.state === "good");
  return {
    state: wrong.length > 0 ? "fault" : good.length > 0 ? "good" : "open",
    wrong,
    known: good.map((each) => asSentence(each.about && each.name === "provider" ? `${each.about}: ${each.sentence}` : each.sentence)),
  };
}

/** How many drawn stations are not as they should be. */
export function faults(found: readonly StationView[]): number {
  return STATIONS.filter((name) => drawn(name, found).state === "fault").length;
}

/** With a capital and a stop; a host's name keeps its spelling. */
export function asSentence(text: string): string {
  const whole = /^[\w-]+\.\w/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
