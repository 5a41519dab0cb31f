import { queryOptions } from "@tanstack/react-query";
import { listConversations } from "../../client";

const EVERY_MS = 3000;
const MOST = 100;

/** Calls that are to be dialled or whose stream is to come; none of them tells of itself on the stream of events. */
export const WAITING = queryOptions({
  queryKey: ["conversations", "waiting"],
  queryFn: async () => (await listConversations({ query: { status: "waiting", limit: MOST }, throwOnError: true })).data,
  refetchInterval: EVERY_MS,
});
