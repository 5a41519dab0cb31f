import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { listConversations } from "../../client";
import { Stop, type StopState } from "../../parts/Stops";
import { fill, texts } from "../../texts";
import { shownNumber } from "../../words/phone";
import { CallSteps } from "../calls/CallSteps";
import { followedCall } from "../calls/call-steps";

const T = texts.yourNumber;
const LOOK_AGAIN_MS = 1500;

/** Waits for a call to the number from when the page was opened, and follows it. */
export function AwaitedCall({ assistantId, number, mark }: { assistantId: number; number: string | undefined; mark: (state: StopState, n: number) => ReactNode }) {
  const [before, setBefore] = useState<number | null>(null);
  const newest = useQuery({
    queryKey: ["conversations", "awaited", assistantId],
    queryFn: async () => {
      const found = (await listConversations({ query: { assistant_id: assistantId, channel: "phone", direction: "inbound", limit: 1 }, throwOnError: true })).data.items[0]?.id ?? 0;
      setBefore((known) => known ?? found);
      return found;
    },
    enabled: assistantId > 0,
    staleTime: 0,
    refetchInterval: number === undefined ? false : LOOK_AGAIN_MS,
  });
  const came = before !== null && newest.data !== undefined && newest.data > before ? newest.data : null;
  const call = useQuery({ ...followedCall(came ?? 0), enabled: came !== null });
  const state: StopState = call.data?.status === "ended" ? "good" : number === undefined ? "open" : "now";
  return (
    <Stop state={state} mark={mark(state, 4)} name={T.call} told={number === undefined ? T.callText : <>{fill(T.callIt, { number: shownNumber(number) })}</>}>
      {came !== null && <CallSteps key={came} id={came} />}
    </Stop>
  );
}
