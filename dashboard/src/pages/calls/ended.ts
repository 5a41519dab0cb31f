import type { ConversationView } from "../../client";
import type { StateKind } from "../../parts/State";
import { sentence, texts } from "../../texts";

const KINDS: Readonly<Record<string, StateKind>> = texts.end_kind as Record<string, StateKind>;
/** Ways a call out can end before anybody spoke; then the carrier's word says more than ours. */
const UNANSWERED = ["busy", "failed", "no-answer", "canceled"];

/** How a call stands or how it ended, as a mark and a sentence. */
export function ended(call: Pick<ConversationView, "status" | "end_reason" | "call_status">): [StateKind, string] {
  if (call.end_reason === null) {
    const ringing = call.status === "waiting" && call.call_status !== null;
    return ["progress", sentence(ringing ? texts.call_status : texts.status, ringing ? (call.call_status ?? "") : call.status)];
  }
  if (call.call_status !== null && UNANSWERED.includes(call.call_status)) {
    return ["plain", sentence(texts.call_status, call.call_status)];
  }
  return [KINDS[call.end_reason] ?? "attention", sentence(texts.end_reason, call.end_reason)];
}
