import { Link } from "@tanstack/react-router";
import type { Me } from "../../../client";
import { Button, lookOf } from "../../../parts/Button";
import { Confirm } from "../../../parts/Confirm";
import { LockedButton } from "../../../parts/LockedButton";
import { State } from "../../../parts/State";
import { count, fill, texts } from "../../../texts";
import { AssistantHead } from "../AssistantHead";
import type { Editing } from "../fields/editing";
import type { Draft } from "./useDraft";

const T = texts.assistant;

/** How the draft stands to what answers, and the one thing that comes next: save it, or let it answer. */
export function Head({ me, draft, answering, changed, asking, onAsk }: { me: Me; draft: Draft; answering: Editing["answering"]; changed: number; asking: boolean; onAsk: (asking: boolean) => void }) {
  const { base, dirty, saving, publishing } = draft;
  const behind = answering?.version !== base.version;
  return (
    <AssistantHead id={base.id} name={draft.body.name || base.name} versions={base.version} state={<Standing draft={draft} answering={answering} changed={changed} />}>
      {dirty && (
        <>
          <input className="input note" aria-label={T.note} placeholder={T.note} maxLength={200} value={draft.note} onChange={(event) => draft.setNote(event.target.value)} />
          <Button look="quiet" onClick={draft.drop}>
            {T.drop}
          </Button>
          <LockedButton role={me.role} needs="editor" look="act" disabled={saving.isPending} title={T.saveKey} onClick={() => saving.mutate()}>
            {T.save}
          </LockedButton>
        </>
      )}
      {!dirty && behind && (
        <>
          {answering && (
            <Link to="/assistants/$id/versions" params={{ id: String(base.id) }} search={{ a: answering.version, b: base.version }} className="button" {...lookOf("plain")}>
              {count(T.see, changed)}
            </Link>
          )}
          <LockedButton role={me.role} needs="editor" look="act" title={T.publishKey} onClick={() => onAsk(true)}>
            {fill(T.publish, { n: base.version })}
          </LockedButton>
        </>
      )}
      {!dirty && !behind && me.role === "viewer" && (
        <LockedButton role={me.role} needs="editor" onClick={() => undefined}>
          {T.save}
        </LockedButton>
      )}
      <Confirm
        open={asking}
        onOpenChange={onAsk}
        title={fill(T.publishTitle, { n: base.version })}
        text={T.publishText}
        verb={fill(T.publish, { n: base.version })}
        look="act"
        act={() => publishing.mutateAsync(base.version)}
      />
    </AssistantHead>
  );
}

function Standing({ draft, answering, changed }: { draft: Draft; answering: Editing["answering"]; changed: number }) {
  const hints = draft.publishing.data?.hints ?? [];
  if (draft.dirty) {
    return <State kind="draft">{count(T.unsaved, draft.changes.length, { base: draft.base.version })}</State>;
  }
  if (answering === null) {
    return <State kind="attention">{fill(T.nothingAnswers, { n: draft.base.version })}</State>;
  }
  if (answering.version === draft.base.version) {
    return <State kind="good">{hints[0] ?? fill(T.answers, { n: answering.version })}</State>;
  }
  return <State kind="draft">{count(T.draft, changed, { draft: draft.base.version, answering: answering.version })}</State>;
}
