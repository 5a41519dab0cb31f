import { Link } from "@tanstack/react-router";
import type { ComponentProps } from "react";
import type { ListedConversation } from "../../client";
import { Icon } from "../../parts/Icon";
import { fill, texts } from "../../texts";
import { shownNumber } from "../../words/phone";
import { clock } from "../../words/times";
import { ended } from "../calls/ended";

/** A call that is still to be connected: the carrier dials it, or its stream is to come. */
export function Waiting({ call, ...place }: { call: ListedConversation } & ComponentProps<"li">) {
  const inbound = call.direction === "inbound";
  const at = new Date(call.created_at);
  return (
    <li {...place} className="strip" data-state="rings">
      <div className="strip-who">
        <Link to="/calls/$id" params={{ id: String(call.id) }} className="strip-party">
          <span data-direction={call.direction} title={texts.calls[call.direction]}>
            <Icon name={inbound ? "inbound" : "outbound"} />
          </span>
          <b>{shownNumber(inbound ? call.caller : call.callee)}</b>
        </Link>
        <p className="strip-facts">
          <span title={call.assistant_name}>
            {call.assistant_name} {call.assistant_version}
          </span>
        </p>
        <p className="strip-at">{ended(call)[1]}</p>
      </div>
      <div className="strip-axis">
        <span className="strip-ringing" />
      </div>
      <div className="strip-words">
        <p className="small faint">{fill(inbound ? texts.live.rang : texts.live.asked, { at: clock(at) })}</p>
      </div>
      <div className="strip-end" />
    </li>
  );
}
