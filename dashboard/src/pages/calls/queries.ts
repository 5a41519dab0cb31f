import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { listAssistants, listConversations } from "../../client";
import { type Filters, asQuery } from "./filters";

/** Rows asked for at once; a hundred is the most that the API gives. */
const PAGE = 100;
/** How often rows of calls in progress are looked at again. */
export const FOLLOW_MS = 2000;

export function callsQuery(filters: Filters) {
  return infiniteQueryOptions({
    queryKey: ["conversations", "list", filters],
    queryFn: async ({ pageParam }) =>
      (await listConversations({ query: { ...asQuery(filters), limit: PAGE, cursor: pageParam }, throwOnError: true })).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: (query) => (query.state.data?.pages[0]?.items.some((each) => each.status !== "ended") ? FOLLOW_MS : false),
  });
}

export const ASSISTANTS = queryOptions({
  queryKey: ["assistants"],
  queryFn: async () => (await listAssistants({ query: { limit: PAGE }, throwOnError: true })).data.items,
});
