import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import { type ReactNode, useState } from "react";
import { reachableByLink } from "../../api/session";
import { type ConversationDetail, type Me, deleteConversation, hangUp } from "../../client";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { Icon } from "../../parts/Icon";
import { may } from "../../parts/LockedButton";
import { State } from "../../parts/State";
import { fill, sentence, texts } from "../../texts";
import { shownNumber } from "../../words/phone";
import { clock, day, exact, length, zone } from "../../words/times";
import { ended } from "../calls/ended";
import { ASSISTANTS } from "../calls/queries";

const T = texts.call;

/** Who, with whom, when, how long, and how it ended. `link` is the button that copies the moment. */
export function Head({ call, me, link }: { call: ConversationDetail; me: Me; link?: ReactNode }) {
  const assistants = useQuery(ASSISTANTS);
  const [asking, setAsking] = useState(false);
  const queries = useQueryClient();
  const inbound = call.direction === "inbound";
  const party = shownNumber(inbound ? call.caller : call.callee);
  const name = assistants.data?.find((each) => each.id === call.assistant_id)?.name ?? `#${call.assistant_id}`;
  const at = new Date(call.started_at ?? call.created_at);
  const [kind, told] = ended(call);
  const verified = call.legs.at(-1)?.verified;
  const goesOn = call.status !== "ended";
  return (
    <header className="call-head">
      <Link to="/calls" className="back" aria-label={T.back}>
        <Icon name="back" />
      </Link>
      <div className="call-title">
        <h1>
          <span data-direction={call.direction} title={inbound ? texts.calls.inbound : texts.calls.outbound}>
            <Icon name={inbound ? "inbound" : "outbound"} />
          </span>
          {party} <span className="other">{fill(inbound ? T.to : T.from, { assistant: name })}</span>
        </h1>
        <p className="call-facts">
          <span>{fill(T.title, { id: call.id })}</span>
          <time dateTime={at.toISOString()} title={exact(at)}>
            {day(at)}, {clock(at)} <span className="faint">{zone(at)}</span>
          </time>
          {call.recording && <span>{length(call.recording.duration_ms)}</span>}
          {call.dial && call.dial.status !== "dialled" && <span>{sentence(texts.dial_status, call.dial.status)}</span>}
          <span>{fill(T.version, { n: call.assistant_version })}</span>
          <span className="desk-only">{T.line}</span>
          {typeof verified === "boolean" && <span className={verified ? "desk-only" : "text-fault"}>{verified ? T.proved : T.unproved}</span>}
        </p>
      </div>
      <div className="call-actions">
        <State kind={kind === "plain" ? "good" : kind}>{told}</State>
        {goesOn && may(me.role, "editor") && (
          <Button look="fault" icon="hangUp" onClick={() => setAsking(true)}>
            {T.hangUp}
          </Button>
        )}
        {link}
        <MoreMenu call={call} me={me} />
      </div>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={fill(T.hangUpTitle, { who: party })}
        text={T.hangUpText}
        verb={T.hangUp}
        act={async () => {
          await hangUp({ path: { conversation_id: call.id }, throwOnError: true });
          await queries.invalidateQueries({ queryKey: ["conversations"] });
        }}
      />
    </header>
  );
}

function MoreMenu({ call, me }: { call: ConversationDetail; me: Me }) {
  const [deleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const base = `/v1/conversations/${call.id}`;
  const linked = reachableByLink(me);
  return (
    <>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger asChild>
          <Button icon="more" aria-label={T.more} />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
            {call.recording && linked && <File href={`${base}/recording`} name={T.recording} />}
            {call.has_journal && linked && <File href={`${base}/journal`} name={T.journal} />}
            {may(me.role, "admin") && call.status === "ended" && !call.erased_at && (
              <DropdownMenu.Item className="menu-item" data-fault="" onSelect={() => setDeleting(true)}>
                {T.delete}
              </DropdownMenu.Item>
            )}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <Confirm
        open={deleting}
        onOpenChange={setDeleting}
        title={fill(T.deleteTitle, { id: call.id })}
        text={T.deleteText}
        verb={T.deleteDo}
        act={async () => {
          await deleteConversation({ path: { conversation_id: call.id }, throwOnError: true });
          await queries.invalidateQueries({ queryKey: ["conversations"] });
          await navigate({ to: "/calls" });
        }}
      />
    </>
  );
}

function File({ href, name }: { href: string; name: string }) {
  return (
    <DropdownMenu.Item className="menu-item" asChild>
      <a href={href} download>
        {name}
      </a>
    </DropdownMenu.Item>
  );
}
