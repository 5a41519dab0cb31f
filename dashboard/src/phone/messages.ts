/** What the server says on a talk's socket, in the words of docs/talking.md. */

export interface Line {
  id: number;
  turn_id: number;
  speaker: "caller" | "agent";
  text: string;
  heard?: string;
  kind?: string;
  cut?: boolean;
}

export type Stage = "stop" | "final" | "confirm" | "token" | "sentence" | "sound" | "frame" | "mark";
/** Microseconds, by the names that the server gives them. */
export type Waits = Readonly<Record<`${Stage}_us` | "total_us", number>>;

export type Told =
  | { event: "mark"; mark: { name: string } }
  | { event: "clear" }
  | { event: "words"; words: { text: string } }
  | { event: "line"; line: Line }
  | { event: "state"; state: { state: string } }
  | { event: "flow"; flow: { flow_state: string } }
  | { event: "reply"; reply: { turn_id: number; stages: Waits } }
  | { event: "tool"; tool: { tool: string; end: string | null } };

/** A message, or null for one that is none of those above: newer servers may say more. */
export function read(text: string): Told | null {
  const told: unknown = JSON.parse(text);
  return typeof told === "object" && told !== null && "event" in told && typeof told.event === "string" ? (told as Told) : null;
}
