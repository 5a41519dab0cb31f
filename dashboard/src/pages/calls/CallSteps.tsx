import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { texts } from "../../texts";
import { ended } from "./ended";
import { lookOf } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { Problem } from "../../parts/Problem";
import { State } from "../../parts/State";
import { followedCall, spokenQuery, stepsOf } from "./call-steps";

const T = texts.callSteps;

/** A call on its way, step by step, until it is over; then the link to its page. */
export function CallSteps({ id }: { id: number }) {
  const found = useQuery(followedCall(id));
  const call = found.data;
  const spoken = useQuery(spokenQuery(id, call !== undefined && call.started_at !== null));
  if (found.error) {
    return <Problem of={found.error} retry={() => void found.refetch()} />;
  }
  if (!call) {
    return null;
  }
  const [kind, sentence] = ended(call);
  return (
    <div className="call-steps">
      <ol aria-label={T.label} role="status">
        {stepsOf(call, spoken.data === true).map(([name, done]) => (
          <li key={name} data-done={done ? "" : undefined}>
            <i aria-hidden="true">{done && <Icon name="done" />}</i>
            {T[name]}
          </li>
        ))}
      </ol>
      <div className="row">
        <State kind={kind}>{sentence}</State>
        <span className="flex-1" />
        <Link to="/calls/$id" params={{ id: String(id) }} className="button" {...lookOf(call.status === "ended" ? "act" : "plain", true)}>
          {T.open}
        </Link>
      </div>
      {call.dial?.reason && <p className="hint">{call.dial.reason}</p>}
    </div>
  );
}
