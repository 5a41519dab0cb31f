/** A chart's columns: every hour or day of the span, also those without a call. */
import type { StatisticsView } from "../../client";
import { texts } from "../../texts";
import { minute, shortDay } from "../../words/times";
import type { Figures } from "./queries";
import { beginnings, ends } from "./range";

export interface Column {
  at: Date;
  until: Date;
  /** 24 Nov, or 14:00 */
  label: string;
  row: StatisticsView | undefined;
}

export function columnsOf({ span, buckets }: Figures): Column[] {
  const rows = new Map(buckets.map((each) => [new Date(each.at ?? 0).getTime(), each]));
  return beginnings(span).map((at) => ({ at, until: ends(at, span.bucket), label: span.bucket === "day" ? shortDay(at) : minute(at), row: rows.get(at.getTime()) }));
}

const KINDS: Readonly<Record<string, string>> = texts.end_kind;

/** Calls that ended as none should: those whose sentence has the mark of a fault. */
export function failedOf(row: StatisticsView): number {
  return Object.entries(row.ended).reduce((sum, [reason, calls]) => sum + (KINDS[reason] === "fault" ? calls : 0), 0);
}
