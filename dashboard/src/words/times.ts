/** Times and lengths as people read them: a unit with each number, and a zone with each time. */
import { LANGUAGE, fill, texts } from "../texts";
import { ZONE, midnight } from "./zone";

export { ZONE };

const CLOCK = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, weekday: "short", day: "numeric", month: "short", year: "numeric" });
const SHORT_DAY = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, day: "numeric", month: "short" });
const SHORT_ZONE = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, timeZoneName: "short" });

/** 14:03:22 */
export function clock(at: Date): string {
  return CLOCK.format(at);
}

/** 14:03 */
export function minute(at: Date): string {
  return clock(at).slice(0, 5);
}

/** 24 Nov 14:15 */
export function dayTime(at: Date): string {
  return `${shortDay(at)} ${minute(at)}`;
}

/** Tue 24 Nov 2026 */
export function day(at: Date): string {
  return DAY.format(at).replace(",", "");
}

/** 24 Nov */
export function shortDay(at: Date): string {
  return SHORT_DAY.format(at);
}

/** CET */
export function zone(at: Date): string {
  return SHORT_ZONE.formatToParts(at).find((part) => part.type === "timeZoneName")?.value ?? "UTC";
}

/** The exact instant, for a title. */
export function exact(at: Date): string {
  return `${at.toISOString()} · ${ZONE}`;
}

export function sameDay(one: Date, other: Date): boolean {
  return midnight(one).getTime() === midnight(other).getTime();
}

/** today 14:03:22, or 24 Nov 14:03:22 */
export function moment(at: Date, now: Date = new Date()): string {
  return `${sameDay(at, now) ? texts.time.today : shortDay(at)} ${clock(at)}`;
}

/** 2 h ago */
export function ago(at: Date, now: Date = new Date()): string {
  const s = Math.max(0, (now.getTime() - at.getTime()) / 1000);
  const units: [number, string][] = [
    [86_400, texts.time.days],
    [3600, texts.time.hours],
    [60, texts.time.minutes],
  ];
  const found = units.find(([seconds]) => s >= seconds);
  return found ? fill(found[1], { n: Math.floor(s / found[0]) }) : texts.time.now;
}

/** 54 s, 3 min 07 */
export function length(ms: number): string {
  const s = Math.round(ms / 1000);
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")}`;
}

/** 1.98, 12.4: seconds without their unit, for columns that name it. */
export function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 2 : 1);
}

/** 00:16.20 on a call's axis */
export function place(ms: number, digits = 1): string {
  const whole = Math.max(0, ms);
  const s = (whole % 60_000) / 1000;
  return `${String(Math.floor(whole / 60_000)).padStart(2, "0")}:${s.toFixed(digits).padStart(3 + digits, "0")}`;
}

/** 0:05 on the ruler */
export function tick(ms: number): string {
  const s = Math.round(ms / 1000);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

export function number(value: number): string {
  return value.toLocaleString(LANGUAGE);
}
