/** The stretch of time that the ruler shows: whole days, today unless the filters ask for others. */
import { midnight } from "../../words/zone";
import type { Filters } from "./filters";

export interface Stretch {
  since: string;
  until: string;
  bucket: "15m" | "1h" | "1d";
}

const DAYS: Readonly<Record<NonNullable<Filters["time"]>, readonly [number, number]>> = { today: [0, -1], yesterday: [1, 0], week: [6, -1], month: [29, -1] };
const BUCKETS: Readonly<Record<NonNullable<Filters["time"]>, Stretch["bucket"]>> = { today: "15m", yesterday: "15m", week: "1h", month: "1d" };
const BUCKET_MS: Readonly<Record<Stretch["bucket"], number>> = { "15m": 900_000, "1h": 3_600_000, "1d": 86_400_000 };

export function stretchOf({ time, from: begin, to: end }: Filters, now: Date): Stretch {
  if (time === undefined && begin !== undefined) {
    const first = midnight(new Date(begin));
    const last = end === undefined ? first : midnight(new Date(Date.parse(end) - 1));
    const days = Math.round((last.getTime() - first.getTime()) / BUCKET_MS["1d"]) + 1;
    return { since: first.toISOString(), until: midnight(last, 1).toISOString(), bucket: days === 1 ? "15m" : days <= 7 ? "1h" : "1d" };
  }
  const [from, to] = DAYS[time ?? "today"];
  return { since: midnight(now, -from).toISOString(), until: midnight(now, -to).toISOString(), bucket: BUCKETS[time ?? "today"] };
}

export function bucketMs(stretch: Stretch): number {
  return BUCKET_MS[stretch.bucket];
}

/** Marks of the ruler: hours of a day, days of longer stretches. */
export function marksOf(stretch: Stretch): readonly { at: Date; hour: boolean }[] {
  const marks: { at: Date; hour: boolean }[] = [];
  const [since, until] = [new Date(stretch.since), new Date(stretch.until)];
  const isDay = stretch.bucket === "15m";
  const days = Math.round((until.getTime() - since.getTime()) / BUCKET_MS["1d"]);
  const step = isDay ? 2 : days > 7 ? 5 : 1;
  for (let each = step; each < (isDay ? 24 : days); each += step) {
    marks.push({ at: isDay ? new Date(since.getTime() + each * BUCKET_MS["1h"]) : midnight(since, each), hour: isDay });
  }
  return marks;
}
