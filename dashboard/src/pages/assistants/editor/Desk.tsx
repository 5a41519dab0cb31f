import { useSearch } from "@tanstack/react-router";
import { Suspense, lazy, useEffect, useState } from "react";
import type { Me } from "../../../client";
import { Loading } from "../../../parts/Loading";
import { may } from "../../../parts/LockedButton";
import { type Editing, EditingContext } from "../fields/editing";
import { differences } from "../fields/paths";
import { TalkPanel } from "../talk/TalkPanel";
import { texts } from "../../../texts";
import { Bands } from "./Bands";
import { Form } from "./Form";
import { Head } from "./Head";
import { Index } from "./Index";
import { StaleSave } from "./StaleSave";
import { type Saved, useDraft } from "./useDraft";

/** Text is written in parts of their own: an editor of code is large. */
const FlowView = lazy(async () => ({ default: (await import("../flow/FlowView")).FlowView }));
const YamlView = lazy(async () => ({ default: (await import("../code/YamlView")).YamlView }));

/** The draft, and everything that is done with it. */
export function Desk({ me, newest, answering }: { me: Me; newest: Saved; answering: Editing["answering"] }) {
  const draft = useDraft(me, newest);
  const { view } = useSearch({ from: "/inside/assistants/$id" });
  const [flowState, setFlowState] = useState("");
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
      <div className="editor">
        <Index changed={changed} flow={draft.body.llm.name === "flow"} />
        <div className="editor-form">
          {locked && <p className="hint">{texts.assistant.lockedText}</p>}
          <Suspense fallback={<Loading what={texts.assistant.loading} />}>
            {view === "flow" ? <FlowView lit={flowState} /> : view === "yaml" ? <YamlView /> : <Form id={draft.base.id} />}
          </Suspense>
        </div>
        <TalkPanel me={me} id={draft.base.id} body={draft.body} onState={setFlowState} />
      </div>
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
