import { useEffect, useState } from "react";
import type { Me } from "../../../client";
import { may } from "../../../parts/LockedButton";
import { type Editing, EditingContext } from "../fields/editing";
import { differences } from "../fields/paths";
import { Bands } from "./Bands";
import { Form } from "./Form";
import { Head } from "./Head";
import { StaleSave } from "./StaleSave";
import { type Saved, useDraft } from "./useDraft";

/** The draft, and everything that is done with it. */
export function Desk({ me, newest, answering }: { me: Me; newest: Saved; answering: Editing["answering"] }) {
  const draft = useDraft(me, newest);
  const [asking, setAsking] = useState(false);
  const locked = !may(me.role, "editor");
  const editing: Editing = {
    body: draft.body,
    answering,
    wrong: new Map(draft.wrong.map((each) => [each.field, each.problem])),
    locked,
    set: draft.set,
  };
  const canPublish = !locked && !draft.dirty && answering?.version !== draft.base.version;
  useShortcuts({ save: () => draft.dirty && !locked && draft.saving.mutate(), publish: () => canPublish && setAsking(true) });
  const changed = answering ? differences(answering.body, draft.body).map((each) => each.field) : [];
  return (
    <EditingContext value={editing}>
      <Head me={me} draft={draft} answering={answering} changed={changed.length} asking={asking} onAsk={setAsking} />
      <Bands draft={draft} />
      <Form id={draft.base.id} changed={changed} />
      {draft.theirs && <StaleSave draft={draft} theirs={draft.theirs} />}
    </EditingContext>
  );
}

function useShortcuts({ save, publish }: { save: () => void; publish: () => void }) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const act = (event.ctrlKey || event.metaKey) && { s: save, Enter: publish }[event.key];
      if (act) {
        event.preventDefault();
        act();
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  });
}
