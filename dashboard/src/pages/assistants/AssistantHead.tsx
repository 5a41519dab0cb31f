import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { CopyId } from "../../parts/CopyId";
import { Icon } from "../../parts/Icon";
import { texts } from "../../texts";
import "./assistant-head.css";

const T = texts.assistant;

/** What stands above every page of one assistant: its name and number, how it is, what can be done, its pages. */
export function AssistantHead({ id, name, versions, state, children }: { id: number; name: string; versions?: number; state?: ReactNode; children?: ReactNode }) {
  const params = { id: String(id) };
  return (
    <div className="assistant-head">
      <div className="assistant-line">
        <Link to="/assistants" className="back" aria-label={T.back}>
          <Icon name="back" />
        </Link>
        <h1>{name}</h1>
        <CopyId id={String(id)} label={T.copyId} />
        <span className="assistant-state">{state}</span>
        <div className="assistant-actions">{children}</div>
      </div>
      <nav className="assistant-pages" data-scroll aria-label={name}>
        <Link to="/assistants/$id" params={params} activeOptions={{ exact: true, includeSearch: false }}>
          {T.editor}
        </Link>
        <Link to="/assistants/$id/phone" params={params}>
          {T.phone}
        </Link>
        <Link to="/assistants/$id/versions" params={params}>
          {T.versions}
          {versions !== undefined && <small>{versions}</small>}
        </Link>
        <Link to="/calls" search={{ assistant: id }}>
          {T.calls}
        </Link>
      </nav>
    </div>
  );
}
