import { queryOptions } from "@tanstack/react-query";
import { readConversation, readLatency, readPeaks, readTimeline } from "../../client";

const FOLLOW_MS = 2000;
/** Days whose replies tell what is usual. */
const USUAL_DAYS = 30;

export function callQuery(id: number) {
  return queryOptions({
    queryKey: ["conversations", id],
    queryFn: async () => (await readConversation({ path: { conversation_id: id }, throwOnError: true })).data,
    refetchInterval: (query) => (query.state.data && query.state.data.status !== "ended" ? FOLLOW_MS : false),
  });
}

export function timelineQuery(id: number, goesOn: boolean) {
  return queryOptions({
    queryKey: ["conversations", id, "timeline"],
    queryFn: async () => (await readTimeline({ path: { conversation_id: id }, throwOnError: true })).data,
    refetchInterval: goesOn ? FOLLOW_MS : false,
    staleTime: goesOn ? 0 : Number.POSITIVE_INFINITY,
  });
}

export function peaksQuery(id: number, recorded: boolean) {
  return queryOptions({
    queryKey: ["conversations", id, "peaks"],
    queryFn: async () => (await readPeaks({ path: { conversation_id: id }, throwOnError: true })).data,
    enabled: recorded,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** How long callers of this version usually wait. */
export function usualQuery(assistantId: number, version: number) {
  return queryOptions({
    queryKey: ["assistants", assistantId, "latency", version],
    queryFn: async () =>
      (await readLatency({ path: { assistant_id: assistantId }, query: { version, days: USUAL_DAYS }, throwOnError: true })).data,
    staleTime: 60_000,
  });
}
