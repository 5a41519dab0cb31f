import { Link } from "@tanstack/react-router";
import type { ListedConversation } from "../../client";
import { Icon } from "../../parts/Icon";
import { State } from "../../parts/State";
import { texts } from "../../texts";
import { shownNumber } from "../../words/phone";
import { clock, exact, length, sameDay, shortDay } from "../../words/times";
import { Cost } from "./Cost";
import { Moments } from "./Moments";
import { ReplyRange } from "./ReplyRange";
import { Shape } from "./Shape";
import { ended } from "./ended";

/** One call; the whole row leads to it. On the phone its cells fall into three lines. */
export function CallRow({ call, index, selected, today }: { call: ListedConversation; index: number; selected: boolean; today: Date }) {
  const at = new Date(call.started_at ?? call.created_at);
  const inbound = call.direction === "inbound";
  const party = shownNumber(inbound ? call.caller : call.callee);
  const [kind, told] = ended(call);
  const ms = call.duration_ms;
  return (
    <tr className="call-row" aria-rowindex={index + 2} aria-selected={selected} data-status={call.status}>
      <td className="when">
        <time dateTime={at.toISOString()} title={exact(at)}>
          {!sameDay(at, today) && <span className="faint">{shortDay(at)} </span>}
          {clock(at)}
        </time>
      </td>
      <td className="who">
        <span data-direction={call.direction} title={inbound ? texts.calls.inbound : texts.calls.outbound}>
          <Icon name={inbound ? "inbound" : "outbound"} />
        </span>
        <Link to="/calls/$id" params={{ id: String(call.id) }}>
          {party}
        </Link>
      </td>
      <td className="assistant" title={call.assistant_name}>
        {call.assistant_name} <span className="faint">{call.assistant_version}</span>
      </td>
      <td className="length">
        <span className="length-parts">
          <Shape shape={call.shape} ms={ms ?? 0} />
          <span>{ms === null ? texts.calls.none : length(ms)}</span>
        </span>
      </td>
      <td className="ended">
        <State kind={kind}>{told}</State>
      </td>
      <td className="reply">{call.reply_ms ? <ReplyRange usual={call.reply_ms.usual} slowest={call.reply_ms.slowest} /> : <span className="faint">{texts.calls.none}</span>}</td>
      <td className="moments-cell">{call.moments && <Moments of={call.moments} />}</td>
      <td className="cost number">{call.cost ? <Cost of={call.cost} /> : <span className="faint">{texts.calls.none}</span>}</td>
    </tr>
  );
}
