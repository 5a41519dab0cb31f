/** The transcript of a call as it grows: lines as they were heard, and the words that are about to be. */
import type { Line, Told, Waits } from "./messages.ts";

export interface Heard {
  readonly lines: readonly Line[];
  /** What the agent is about to say; its line will tell how much of it was heard. */
  readonly coming: readonly string[];
  /** Where the time of each turn's reply went. */
  readonly waits: ReadonlyMap<number, Waits>;
}

export const NOTHING: Heard = { lines: [], coming: [], waits: new Map() };

export function grown(heard: Heard, told: Told): Heard {
  switch (told.event) {
    case "words":
      return { ...heard, coming: [...heard.coming, told.words.text] };
    case "line":
      return { ...heard, lines: placed(heard.lines, told.line), coming: left(heard.coming, told.line) };
    case "reply":
      return { ...heard, waits: new Map(heard.waits).set(told.reply.turn_id, told.reply.stages) };
    default:
      return heard;
  }
}

/** What of a line reached the ear, what is still to come, and what never will. */
export function parts(line: Line): { said: string; coming: string; lost: string } {
  if (line.speaker === "caller") {
    return { said: line.text, coming: "", lost: "" };
  }
  const said = line.heard ?? "";
  const rest = line.text.startsWith(said) ? line.text.slice(said.length).trim() : "";
  return line.cut ? { said, coming: "", lost: rest } : { said, coming: rest, lost: "" };
}

function placed(lines: readonly Line[], line: Line): Line[] {
  const at = lines.findIndex((each) => each.id === line.id);
  return at < 0 ? [...lines, line].toSorted((one, other) => one.id - other.id) : lines.with(at, line);
}

/** The words that are no part of a line yet. */
function left(coming: readonly string[], line: Line): readonly string[] {
  return line.speaker === "caller" ? coming : coming.filter((words) => !line.text.includes(words.trim()));
}
