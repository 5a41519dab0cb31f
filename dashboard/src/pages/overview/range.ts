/** The stretch of time that the overview looks at, and the one before it. Days are the reader's own. */
import { midnight } from "../../words/zone";
import { TIMES, within } from "../calls/filters";

export const RANGES = TIMES;
export type Range = (typeof RANGES)[number];

export interface OverviewSearch {
  range?: Range;
  assistant?: number;
}

export function readOverview(search: Record<string, unknown>): OverviewSearch {
  const range = RANGES.find((each) => each === search["range"]);
  const assistant = Number(search["assistant"]);
  return { ...(range && { range }), ...(Number.isInteger(assistant) && assistant > 0 && { assistant }) };
}

export type Bucket = "hour" | "day";

export interface Span {
  since: Date;
  until: Date;
  bucket: Bucket;
}

/** From its first midnight to the last one: a day that is not over has hours without calls. */
export function spanOf(range: Range, now: Date): Span {
  const { since, until } = within(range, now);
  const end = until === undefined ? midnight(now, 1) : new Date(until);
  return { since: new Date(since ?? now), until: end, bucket: range === "today" || range === "yesterday" ? "hour" : "day" };
}

/** As many days as the span has, just before it. */
export function before(span: Span): Span {
  const days = Math.round((span.until.getTime() - span.since.getTime()) / DAY_MS);
  return { since: midnight(span.since, -days), until: span.since, bucket: span.bucket };
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The beginnings of a span's hours or days. An hour that the clocks skip is not there, one that they repeat is twice. */
export function beginnings(span: Span): Date[] {
  const found: Date[] = [];
  for (let at = span.since; at < span.until; at = span.bucket === "day" ? midnight(at, 1) : new Date(at.getTime() + HOUR_MS)) {
    found.push(at);
  }
  return found;
}

/** When the hour or day ends. */
export function ends(at: Date, bucket: Bucket): Date {
  return bucket === "day" ? midnight(at, 1) : new Date(at.getTime() + HOUR_MS);
}
