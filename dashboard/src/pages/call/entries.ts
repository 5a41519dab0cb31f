/** The transcript as it is read: what was said, and between it what happened, in the order of time. */
import type { Timeline } from "../../client";
import type { IconName } from "../../parts/Icon";
import { fill, sentence, texts } from "../../texts";
import { length, seconds } from "../../words/times";

type Line = Timeline["lines"][number];

export interface Said {
  what: "said";
  atMs: number;
  line: Line;
  /** Its place among the timed replies, from 1, on the first line of each; 0 elsewhere. */
  turn: number;
}

export interface Note {
  what: "note";
  atMs: number;
  icon: IconName;
  fault?: boolean;
  /** Set in mono before the text. */
  name?: string;
  text: string;
  strong?: string;
}

export type Entry = Said | Note;

export function entriesOf(call: Timeline): Entry[] {
  const said = saidOf(call);
  return [...said, ...holdsOf(call), ...failuresOf(call), ...toolsOf(call), ...keysOf(call), ...callbacksOf(call)].toSorted(
    (one, other) => one.atMs - other.atMs || rank(one) - rank(other),
  );
}

function rank(entry: Entry): number {
  return entry.what === "said" ? 0 : 1;
}

/** Lines in the order in which they were written; a turn that the caller took up again is told where it went on. */
function saidOf(call: Timeline): Said[] {
  const turns = new Map(call.replies.map((reply, index) => [reply.turn_id, index + 1]));
  const told = new Set<number>();
  let callerEndMs = 0;
  let atMs = 0;
  return call.lines
    .filter((line) => line.kind !== "opening")
    .toSorted((one, other) => one.id - other.id)
    .map((line) => {
      let startMs = line.start_ms ?? atMs;
      if (line.speaker === "caller") {
        const wentOn = call.speech.find((span) => span.start_ms >= callerEndMs && span.start_ms >= startMs);
        startMs = startMs < callerEndMs && wentOn ? wentOn.start_ms : startMs;
        callerEndMs = line.end_ms ?? callerEndMs;
      }
      atMs = Math.max(atMs, startMs);
      const turn = line.speaker === "agent" && !told.has(line.turn_id) ? (turns.get(line.turn_id) ?? 0) : 0;
      told.add(line.speaker === "agent" ? line.turn_id : -1);
      return { what: "said", atMs, line, turn };
    });
}

const N = texts.call.notes;

function holdsOf(call: Timeline): Note[] {
  return call.holds.map((hold) => {
    const lengthS = seconds((hold.end_ms ?? call.duration_ms) - hold.start_ms);
    const again = hold.repeated_ms ? ` ${fill(N.repeated, { ms: hold.repeated_ms })}` : "";
    const told = { barge_in: N.barge_in[hold.by], false_barge_in: fill(N.false_barge_in, { length: lengthS }) + again, went_on: N.went_on, open: N.open }[hold.verdict];
    return { what: "note", atMs: hold.start_ms, icon: hold.verdict === "barge_in" ? "cut" : "hold", text: told };
  });
}

function failuresOf(call: Timeline): Note[] {
  return call.failures.map((each) => ({
    what: "note",
    atMs: each.at_ms,
    icon: "fault",
    fault: true,
    name: each.provider || each.family,
    text: `${fill(N.failed, { reason: each.reason })}. ${each.for_good ? N.forGood : ""}`.trim(),
  }));
}

function toolsOf(call: Timeline): Note[] {
  return call.tools.map((each) => {
    const took = each.end_ms === null || each.end_ms === undefined ? N.toolOpen : fill(N.tool, { length: seconds(each.end_ms - each.start_ms) });
    return {
      what: "note",
      atMs: each.start_ms,
      icon: "tool",
      fault: each.ok === false,
      name: each.name,
      text: `${briefly(each.arguments)} → ${each.ok === false ? N.toolFailed : briefly(each.result ?? "")}`,
      strong: took,
    };
  });
}

/** The values of a JSON object, the way a person would say them; anything else as it stands. */
export function briefly(json: string, most = 90): string {
  let told = json;
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null) {
      const facts = value as Record<string, unknown>;
      const spoken = facts["say"] ?? facts["answer"];
      told = typeof spoken === "string" && spoken ? spoken : Object.values(facts).filter((each) => typeof each !== "object" && each !== "").join(", ");
    }
  } catch {
    // Text for the model, not JSON.
  }
  return told.length > most ? `${told.slice(0, most)}…` : told;
}

function keysOf(call: Timeline): Note[] {
  if (call.keys.length === 0) {
    return [];
  }
  const groups: Timeline["keys"][] = [];
  for (const key of call.keys) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    if (group && before && key.at_ms - before.at_ms < 4000) {
      group.push(key);
    } else {
      groups.push([key]);
    }
  }
  return groups.map((group) => {
    const secret = group.some((key) => isSecret(key.key));
    return { what: "note", atMs: group[0]?.at_ms ?? 0, icon: "phone", text: secret ? N.secret : N.keys, strong: group.map((key) => shownKey(key.key)).join(" ") };
  });
}

export function isSecret(key: string): boolean {
  return key.startsWith("digit#") || key === "terminator";
}

export function shownKey(key: string): string {
  return isSecret(key) ? "•" : key;
}

function callbacksOf(call: Timeline): Note[] {
  return call.callbacks.map((each) => ({
    what: "note",
    atMs: each.at_ms,
    icon: "line",
    text: `${fill(N.callback, { about: each.about, status: each.status.replace(`${each.about}-`, "").replaceAll("-", " ") })}${each.reason ? `, ${each.reason}` : ""}`,
  }));
}

export function endOf(call: Timeline): string {
  return call.end_reason ? fill(N.ended, { sentence: sentence(texts.end_reason, call.end_reason), length: length(call.duration_ms) }) : "";
}
