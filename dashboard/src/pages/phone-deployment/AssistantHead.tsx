import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { AssistantDetail } from "../../client";
import { CopyId } from "../../parts/CopyId";
import { State } from "../../parts/State";
import { fill, texts } from "../../texts";

const T = texts.phoneDeployment;

/** Whose page it is: the assistant's name and number, which version answers, and its other pages. */
export function AssistantHead({ assistant, children }: { assistant: AssistantDetail; children?: ReactNode }) {
  const id = String(assistant.id);
  return (
    <header className="assistant-head">
      <div className="assistant-line">
        <h1>{assistant.name}</h1>
        <CopyId id={id} label={T.copyId} />
        {assistant.published_version === null ? (
          <State kind="attention">{T.unpublished}</State>
        ) : (
          <State kind="good">{fill(T.version, { n: assistant.published_version })}</State>
        )}
        <span className="flex-1" />
        {children}
      </div>
      <nav className="assistant-tabs" aria-label={assistant.name} data-scroll>
        <Link to="/assistants/$id/phone" params={{ id }}>
          {T.title}
        </Link>
        <Link to="/calls" search={{ assistant: assistant.id }}>
          {texts.calls.title}
        </Link>
      </nav>
    </header>
  );
}
