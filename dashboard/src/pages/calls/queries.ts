import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { listAssistants, listConversations, readStatistics, summarizeConversations } from "../../client";
import { ZONE } from "../../words/zone";
import { type Filters, asQuery } from "./filters";
import type { Stretch } from "./stretch";

/** Rows asked for at once; a hundred is the most that the API gives. */
const PAGE = 100;
/** How often rows of calls in progress are looked at again. */
export const FOLLOW_MS = 2000;
const RESTING_MS = 15_000;

export function callsQuery(filters: Filters) {
  return infiniteQueryOptions({
    queryKey: ["conversations", "list", filters],
    queryFn: async ({ pageParam }) =>
      (await listConversations({ query: { ...asQuery(filters), limit: PAGE, cursor: pageParam }, throwOnError: true })).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    // Pages of old calls stay as they are: of a thousand, only the newest is asked for again (`newestQuery`).
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The newest page, looked at again and again while calls of it go on. */
export function newestQuery(filters: Filters) {
  return queryOptions({
    queryKey: ["conversations", "newest", filters],
    queryFn: async () => (await listConversations({ query: { ...asQuery(filters), limit: PAGE }, throwOnError: true })).data.items,
    refetchInterval: (query) => (query.state.data?.some((each) => each.status !== "ended") ? FOLLOW_MS : RESTING_MS),
  });
}

/** How many calls began when, on the ruler. */
export function rulerQuery(span: Stretch, assistant: number | undefined) {
  return queryOptions({
    queryKey: ["conversations", "summary", span, assistant],
    queryFn: async () =>
      (await summarizeConversations({ query: { since: span.since, until: span.until, bucket: span.bucket, zone: ZONE, assistant_id: assistant }, throwOnError: true })).data.items,
    refetchInterval: RESTING_MS,
  });
}

/** What the calls of a stretch add up to. */
export function totalQuery(span: Stretch, assistant: number | undefined) {
  return queryOptions({
    queryKey: ["statistics", "total", span, assistant],
    queryFn: async () =>
      (await readStatistics({ query: { since: span.since, until: span.until, bucket: "total", zone: ZONE, assistant_id: assistant }, throwOnError: true })).data.items[0] ?? null,
    refetchInterval: RESTING_MS,
  });
}

export const ASSISTANTS = queryOptions({
  queryKey: ["assistants"],
  queryFn: async () => (await listAssistants({ query: { limit: PAGE }, throwOnError: true })).data.items,
});
