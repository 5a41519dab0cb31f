import { Link } from "@tanstack/react-router";
import { type ComponentProps, useSyncExternalStore } from "react";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { fill, sentence, texts } from "../../texts";
import { shownNumber } from "../../words/phone";
import { seconds, tick } from "../../words/times";
import { LastWords } from "./LastWords";
import { StripScore } from "./StripScore";
import type { BoardCall } from "./call";
import { needsEyes, stateInWords } from "./states";
import { useSecond } from "./ticks";

const T = texts.live;

/** One call: who, what it is at, its last half minute, its last words, and the way to end it. */
export function Strip({ call, selected, mayEnd, onHangUp, ...place }: { call: BoardCall; selected: boolean; mayEnd: boolean; onHangUp: (call: BoardCall) => void } & ComponentProps<"li">) {
  useSyncExternalStore(call.subscribe, () => call.changes);
  const { direction, caller, callee, assistant_name: name, version } = call.facts;
  const who = shownNumber(direction === "inbound" ? caller : callee);
  return (
    <li {...place} className="strip" data-state={call.ended === null ? call.state : "ended"} data-selected={selected ? "" : undefined}>
      <div className="strip-who">
        <Link to="/calls/$id" params={{ id: String(call.id) }} className="strip-party">
          <span data-direction={direction} title={texts.calls[direction]}>
            <Icon name={direction} />
          </span>
          <b>{who}</b>
        </Link>
        <p className="strip-facts">
          <span title={name}>
            {name} {version}
          </span>
          <Elapsed since={call.beganAt} over={call.ended !== null} />
        </p>
        <At call={call} />
      </div>
      <div className="strip-axis">
        <StripScore call={call} />
      </div>
      <LastWords call={call} />
      <div className="strip-end">
        <b>{call.lastReplyMs === undefined ? "" : `${seconds(call.lastReplyMs)} ${texts.time.s}`}</b>
        {call.ended === null && (
          <Button
            look="fault"
            small
            icon="hangUp"
            disabled={!mayEnd}
            aria-label={fill(T.hangUp, { who })}
            title={mayEnd ? fill(T.hangUp, { who }) : T.mayNot}
            onClick={() => onHangUp(call)}
          />
        )}
      </div>
    </li>
  );
}

/** What the call is at, and a mark where somebody should look. */
function At({ call }: { call: BoardCall }) {
  const nowMs = useSecond();
  if (call.ended !== null) {
    return <p className="strip-at">{sentence(texts.end_reason, call.ended)}</p>;
  }
  const eyes = needsEyes(call, nowMs);
  return (
    <p className="strip-at">
      {stateInWords(call, nowMs)}
      {eyes && <em className="strip-tag">{T.tags[eyes]}</em>}
    </p>
  );
}

function Elapsed({ since, over }: { since: Date; over: boolean }) {
  const nowMs = useSecond();
  return <b className="strip-elapsed">{over ? "" : tick(Math.max(0, performance.timeOrigin + nowMs - since.getTime()))}</b>;
}
