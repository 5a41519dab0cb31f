/** The steps by which a call comes about, told from what is kept of it. */
import { queryOptions } from "@tanstack/react-query";
import { Problem } from "../../api/problem";
import { type ConversationDetail, readConversation, readTimeline } from "../../client";

const FOLLOW_MS = 1000;

export type CallStep = "asked" | "rings" | "webhook" | "proved" | "stream" | "word" | "over";

const RINGS = ["ringing", "in-progress", "completed"];

/** Each step with whether it was reached. A call out is asked of the carrier; one in announces itself. */
export function stepsOf(call: ConversationDetail, spoken: boolean): [CallStep, boolean][] {
  const stream = call.started_at !== null;
  const over = call.status === "ended";
  const first: [CallStep, boolean][] =
    call.direction === "outbound"
      ? [
          ["asked", call.dial?.status === "dialled" || call.call_status !== null || stream],
          ["rings", stream || RINGS.includes(call.call_status ?? "")],
        ]
      : [
          ["webhook", true],
          ["proved", true],
        ];
  return [...first, ["stream", stream], ["word", spoken || call.turns.length > 0], ["over", over]];
}

export function followedCall(id: number) {
  return queryOptions({
    queryKey: ["conversations", id],
    queryFn: async () => (await readConversation({ path: { conversation_id: id }, throwOnError: true })).data,
    refetchInterval: (query) => (query.state.data?.status === "ended" ? false : FOLLOW_MS),
  });
}

/** Whether anybody said a word yet: a call in progress has a timeline, and its transcript only when it is over. */
export function spokenQuery(id: number, connected: boolean) {
  return queryOptions({
    queryKey: ["conversations", id, "spoken"],
    queryFn: async () => {
      try {
        return (await readTimeline({ path: { conversation_id: id }, throwOnError: true })).data.lines.length > 0;
      } catch (problem) {
        if (problem instanceof Problem && problem.status === 404) {
          return false;
        }
        throw problem;
      }
    },
    enabled: connected,
    refetchInterval: (query) => (query.state.data === true ? false : FOLLOW_MS),
  });
}
