import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
import { type AssistantDetail, type DeploymentView, type ListedConversation, type Me, createPhoneCall } from "../../client";
import { Button } from "../../parts/Button";
import { may } from "../../parts/LockedButton";
import { Problem } from "../../parts/Problem";
import { fill, texts } from "../../texts";
import { clock, day, exact, length, seconds } from "../../words/times";
import { CallSteps } from "../calls/CallSteps";
import { ended } from "../calls/ended";
import { lastCallQuery } from "./queries";

const T = texts.phoneDeployment;
/** The last number that was called for a test, kept in this browser. */
const MINE = "rapida.my-number";
/** A test call is ended by the carrier after this long, so that a forgotten one costs little. */
const MOST_S = 600;

/** A test call to one's own phone, followed until it is over. */
export function CallMe({ assistant, deployment, me }: { assistant: AssistantDetail; deployment: DeploymentView | null; me: Me }) {
  const [number, setNumber] = useState(() => localStorage.getItem(MINE) ?? "");
  const queries = useQueryClient();
  const last = useQuery(lastCallQuery(assistant.id));
  const calling = useMutation({
    mutationFn: async () =>
      (
        await createPhoneCall({
          body: { assistant: { assistant_id: assistant.id }, to_number: number.replace(/[\s()-]/g, ""), metadata: { test: true }, options: { time_limit_s: MOST_S } },
          throwOnError: true,
        })
      ).data,
    onSuccess: () => {
      localStorage.setItem(MINE, number);
      return queries.invalidateQueries({ queryKey: ["conversations", "last-of", assistant.id] });
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    calling.mutate();
  };
  const why = !may(me.role, "editor") ? "" : deployment === null || deployment.telephony.credential_id === null ? T.callNeedsLine : deployment.enabled ? "" : T.callNeedsOn;
  const wrong = calling.error instanceof ApiProblem ? (calling.error.about("toNumber") ?? calling.error.about("to_number")) : undefined;
  return (
    <section aria-label={T.callMe}>
      <div className="section-head">
        <h2>{T.callMe}</h2>
      </div>
      <p className="hint call-me-text">{fill(T.callMeText, { name: assistant.name })}</p>
      <form onSubmit={submit}>
        <div className="row" data-tight="">
          <input
            className="input"
            type="tel"
            required
            aria-label={T.yourNumber}
            aria-invalid={wrong ? true : undefined}
            placeholder="+14155550132"
            autoComplete="tel"
            value={number}
            onChange={(event) => setNumber(event.target.value)}
          />
          <Button look="act" icon="phone" type="submit" disabled={calling.isPending || why !== "" || !may(me.role, "editor")}>
            {T.callMe}
          </Button>
        </div>
        {why && <p className="hint">{why}</p>}
        {wrong && <p className="hint" data-bad="" role="alert">{wrong}</p>}
      </form>
      {calling.error && !wrong && <Problem of={calling.error} />}
      {calling.data ? <CallSteps key={calling.data.conversation_id} id={calling.data.conversation_id} /> : last.data && <LastCall call={last.data} />}
    </section>
  );
}

function LastCall({ call }: { call: ListedConversation }) {
  const at = new Date(call.created_at);
  return (
    <Link to="/calls/$id" params={{ id: String(call.id) }} className="last-call">
      <span>
        <b>{T.lastCall}</b>{" "}
        <span title={exact(at)}>
          {day(at)}, {clock(at)}
          {call.duration_ms !== null && `, ${length(call.duration_ms)}`}
        </span>
      </span>
      <span className="soft">
        {ended(call)[1]}
        {call.reply_ms && `. ${fill(T.replies, { usual: seconds(call.reply_ms.usual), slowest: seconds(call.reply_ms.slowest) })}`}
      </span>
    </Link>
  );
}
