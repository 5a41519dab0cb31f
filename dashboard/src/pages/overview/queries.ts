import { queryOptions } from "@tanstack/react-query";
import { type StatisticsView, readStatistics } from "../../client";
import { ZONE } from "../../words/zone";
import { type Range, type Span, before, spanOf } from "./range";

/** New calls are counted some seconds after their end. */
const AGAIN_MS = 30_000;

export interface Figures {
  span: Span;
  total: StatisticsView | undefined;
  previous: StatisticsView | undefined;
  buckets: readonly StatisticsView[];
  assistants: readonly StatisticsView[];
}

export function figuresQuery(range: Range, assistant: number | undefined) {
  return queryOptions({
    queryKey: ["statistics", range, assistant],
    queryFn: async (): Promise<Figures> => {
      const span = spanOf(range, new Date());
      const [total, previous, buckets, assistants] = await Promise.all([
        asked(span, assistant, "total", "project"),
        asked(before(span), assistant, "total", "project"),
        asked(span, assistant, span.bucket, "project"),
        asked(span, assistant, "total", "assistant"),
      ]);
      return { span, total: total[0], previous: previous[0], buckets, assistants };
    },
    refetchInterval: AGAIN_MS,
  });
}

async function asked(span: Span, assistant_id: number | undefined, bucket: "hour" | "day" | "total", by: "project" | "assistant"): Promise<StatisticsView[]> {
  const query = { since: span.since.toISOString(), until: span.until.toISOString(), bucket, by, zone: ZONE, assistant_id };
  return (await readStatistics({ query, throwOnError: true })).data.items;
}
