import { Link } from "@tanstack/react-router";
import type { ListedAssistant } from "../../client";
import { State } from "../../parts/State";
import { count, fill, texts } from "../../texts";
import { shownNumber } from "../../words/phone";
import { number, seconds } from "../../words/times";

const T = texts.assistants;

/** An assistant at a glance. The whole row leads to it, the counts to the calls behind them. */
export function AssistantRow({ assistant }: { assistant: ListedAssistant }) {
  const { id, name, published_version: answering, newest_version: newest, on_phone: line } = assistant;
  return (
    <tr className="assistant-row">
      <td className="name">
        <Link to="/assistants/$id" params={{ id: String(id) }}>
          {name}
        </Link>
        <code className="faint">{id}</code>
      </td>
      <td className="answering">
        <span>{answering === null ? <State kind="attention">{T.nobody}</State> : fill(T.version, { n: answering })}</span>
        {newest !== answering && <State kind="draft">{fill(T.draft, { n: newest })}</State>}
      </td>
      <td className="line">
        <Link to="/assistants/$id/phone" params={{ id: String(id) }}>
          {line === null ? <span className="faint">{T.no}</span> : <Line enabled={line.enabled} at={line.phone_number ?? line.provider} />}
        </Link>
      </td>
      <td className="number counted">
        {assistant.calls_7d > 0 ? (
          <Link to="/calls" search={{ assistant: id }} aria-label={fill(T.callsOf, { n: assistant.calls_7d, name })}>
            <span className="desk-only">{number(assistant.calls_7d)}</span>
            <span className="phone-only">{count(T.calls, assistant.calls_7d)}</span>
          </Link>
        ) : (
          <span className="faint">
            <span className="desk-only">0</span>
            <span className="phone-only">{count(T.calls, 0)}</span>
          </span>
        )}
      </td>
      <td className="number usual">{assistant.usual_ms === null ? <span className="faint">{T.none}</span> : fill(T.seconds, { s: seconds(assistant.usual_ms) })}</td>
      <td className="number badly" data-any={assistant.ended_badly_7d > 0 ? "" : undefined}>
        {number(assistant.ended_badly_7d)}
      </td>
    </tr>
  );
}

function Line({ enabled, at }: { enabled: boolean; at: string }) {
  return enabled ? <State kind="good">{shownNumber(at)}</State> : <State kind="plain">{fill(T.paused, { at: shownNumber(at) })}</State>;
}
