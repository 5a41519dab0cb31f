import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { AssistantBody, Me } from "../../../client";
import { lookOf } from "../../../parts/Button";
import { NeedsRole } from "../../../parts/NeedsRole";
import { may } from "../../../parts/LockedButton";
import { Segments } from "../../../parts/Segments";
import { Handset } from "../../../phone/Handset";
import { HeardLines } from "../../../phone/HeardLines";
import { SayLine } from "../../../phone/SayLine";
import { usePhone, usePhoneView } from "../../../phone/usePhone";
import { fill, texts } from "../../../texts";
import "./talk.css";

const T = texts.talk;

interface Spoken {
  me: Me;
  id: number;
  body: AssistantBody;
  /** The state that a flow is in, while a call goes on; else empty. */
  onState: (state: string) => void;
}

/** A call with what the form holds now, saved or not: spoken or typed. */
export function TalkPanel(shown: Spoken) {
  const [by, setBy] = useState<"text" | "browser">("text");
  return (
    <aside className="talk" aria-label={T.title}>
      <div className="talk-head">
        <h2>{T.title}</h2>
        <Segments label={T.how} choices={[{ value: "text", label: T.type }, { value: "browser", label: T.speak }]} value={by} onChange={setBy} />
      </div>
      <NeedsRole me={shown.me} least="editor" />
      <Talk key={by} {...shown} by={by} />
    </aside>
  );
}

function Talk({ me, id, body, by, onState }: Spoken & { by: "text" | "browser" }) {
  const phone = usePhone(() => ({ assistant_id: id, draft: body }), by);
  const view = usePhoneView(phone);
  const talking = view.state === "talking";
  const state = talking ? view.flowState : "";
  useEffect(() => onState(state), [state, onState]);
  return (
    <>
      <Handset phone={phone} name={body.name} detail={fill(T.detail, { id })} verb={T.call} ready={may(me.role, "editor")} />
      {view.state !== "ringing" && <HeardLines phone={phone} />}
      {talking && <SayLine phone={phone} />}
      {view.state === "ended" && view.conversationId !== null && (
        <Link to="/calls/$id" params={{ id: String(view.conversationId) }} className="button" {...lookOf("plain")}>
          {T.laidOpen}
        </Link>
      )}
    </>
  );
}
