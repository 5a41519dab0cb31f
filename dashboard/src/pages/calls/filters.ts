/** What the calls page asks for. It stands in the address, so that a view can be shared and Back undoes a choice. */
import type { ListConversationsData } from "../../client";
import { fill, sentence, texts } from "../../texts";

export const TIMES = ["today", "yesterday", "week", "month"] as const;
export const DIRECTIONS = ["inbound", "outbound"] as const;
export const SLOW_MS = [1000, 1500, 2000, 4000] as const;

export interface Filters {
  time?: (typeof TIMES)[number];
  direction?: (typeof DIRECTIONS)[number];
  assistant?: number;
  ended?: string;
  slow?: number;
  number?: string;
  words?: string;
}

export function readFilters(search: Record<string, unknown>): Filters {
  const text = (name: string) => (typeof search[name] === "string" || typeof search[name] === "number" ? String(search[name]).slice(0, 100) || undefined : undefined);
  const whole = (name: string) => (Number.isInteger(Number(search[name])) && Number(search[name]) > 0 ? Number(search[name]) : undefined);
  return dropEmpty({
    time: TIMES.find((each) => each === search["time"]),
    direction: DIRECTIONS.find((each) => each === search["direction"]),
    assistant: whole("assistant"),
    ended: text("ended"),
    slow: whole("slow"),
    number: text("number"),
    words: text("words"),
  });
}

export function dropEmpty(filters: Filters): Filters {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined && value !== ""));
}

/** The same as the API asks it. Days are the reader's own. */
export function asQuery(filters: Filters, now: Date = new Date()): NonNullable<ListConversationsData["query"]> {
  return { ...within(filters.time, now), direction: filters.direction, assistant_id: filters.assistant, end_reason: filters.ended, slower_than_ms: filters.slow, number: filters.number, text: filters.words };
}

function within(time: Filters["time"], now: Date): { since?: string; until?: string } {
  const midnight = (daysAgo: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).toISOString();
  switch (time) {
    case "today":
      return { since: midnight(0) };
    case "yesterday":
      return { since: midnight(1), until: midnight(0) };
    case "week":
      return { since: midnight(6) };
    case "month":
      return { since: midnight(29) };
    default:
      return {};
  }
}

/** Each filter that holds, in words. */
export function inWords(filters: Filters, assistants: ReadonlyMap<number, string>): [keyof Filters, string][] {
  const words: Partial<Record<keyof Filters, string>> = {
    time: filters.time && texts.calls.filters.times[filters.time],
    direction: filters.direction && texts.calls[filters.direction],
    assistant: filters.assistant === undefined ? undefined : (assistants.get(filters.assistant) ?? `#${filters.assistant}`),
    ended: filters.ended && sentence(texts.end_reason, filters.ended),
    slow: filters.slow === undefined ? undefined : slower(filters.slow),
    number: filters.number,
    words: filters.words,
  };
  return Object.entries(words).filter((each): each is [keyof Filters, string] => Boolean(each[1]));
}

export function slower(ms: number): string {
  return fill(texts.calls.filters.over, { n: ms / 1000 });
}
