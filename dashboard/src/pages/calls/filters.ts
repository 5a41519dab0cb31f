/** What the calls page asks for. It stands in the address, so that a view can be shared and Back undoes a choice. */
import type { ListConversationsData } from "../../client";
import { fill, sentence, texts } from "../../texts";
import { minute, sameDay, shortDay } from "../../words/times";
import { midnight } from "../../words/zone";

export const TIMES = ["today", "yesterday", "week", "month"] as const;
export const DIRECTIONS = ["inbound", "outbound"] as const;
export const MOMENTS = ["cut", "false_alarms", "failed", "tools"] as const;
export const SLOW_MS = [1000, 1500, 2000, 4000] as const;

export interface Filters {
  time?: (typeof TIMES)[number];
  direction?: (typeof DIRECTIONS)[number];
  assistant?: number;
  ended?: string;
  slow?: number;
  happened?: (typeof MOMENTS)[number];
  answered?: true;
  /** Instants; together they go before `time`. */
  from?: string;
  to?: string;
  number?: string;
  words?: string;
}

export function readFilters(search: Record<string, unknown>): Filters {
  const text = (name: string) => (typeof search[name] === "string" || typeof search[name] === "number" ? String(search[name]).slice(0, 100) || undefined : undefined);
  const whole = (name: string) => (Number.isInteger(Number(search[name])) && Number(search[name]) > 0 ? Number(search[name]) : undefined);
  const instant = (name: string) => (typeof search[name] === "string" && !Number.isNaN(Date.parse(search[name])) ? search[name] : undefined);
  return dropEmpty({
    from: instant("from"),
    to: instant("to"),
    happened: MOMENTS.find((each) => each === search["happened"]),
    answered: search["answered"] === true ? true : undefined,
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
  const time = filters.from || filters.to ? { since: filters.from, until: filters.to } : within(filters.time, now);
  return { ...time, min_duration_s: filters.answered && 0, happened: filters.happened, direction: filters.direction, assistant_id: filters.assistant, end_reason: filters.ended, slower_than_ms: filters.slow, number: filters.number, text: filters.words };
}

/** From when until when a choice of time reaches; days are the reader's own. */
export function within(time: Filters["time"], now: Date): { since?: string; until?: string } {
  const begins = (daysAgo: number) => midnight(now, -daysAgo).toISOString();
  switch (time) {
    case "today":
      return { since: begins(0) };
    case "yesterday":
      return { since: begins(1), until: begins(0) };
    case "week":
      return { since: begins(6) };
    case "month":
      return { since: begins(29) };
    default:
      return {};
  }
}

/** Each filter that holds, in words. */
export function inWords(filters: Filters, assistants: ReadonlyMap<number, string>): [keyof Filters, string][] {
  const words: Partial<Record<keyof Filters, string>> = {
    from: filters.from && span(filters.from, filters.to),
    to: filters.from ? undefined : filters.to && span(filters.to, undefined),
    happened: filters.happened && texts.calls.filters.happenedKinds[filters.happened],
    answered: filters.answered && texts.calls.filters.answered,
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

/** 24 Nov 14:00 – 15:00 */
export function span(from: string, to: string | undefined): string {
  const [begin, end] = [new Date(from), to === undefined ? undefined : new Date(to)];
  const first = `${shortDay(begin)} ${minute(begin)}`;
  return end === undefined ? first : `${first} – ${sameDay(begin, end) ? "" : `${shortDay(end)} `}${minute(end)}`;
}
