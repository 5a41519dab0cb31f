/** Text that was typed and not saved: it survives a reload, a sign-out and a closed tab, in this browser. */
import type { AssistantBody } from "../../../client";

export interface Kept {
  /** The version that it was made from, and its ETag. */
  base: number;
  etag: string;
  body: AssistantBody;
  at: string;
}

function nameOf(project: number, assistant: number): string {
  return `rapida.draft.${project}.${assistant}`;
}

export function keptDraft(project: number, assistant: number): Kept | null {
  const text = localStorage.getItem(nameOf(project, assistant));
  return text === null ? null : (JSON.parse(text) as Kept);
}

export function keep(project: number, assistant: number, kept: Kept | null): void {
  if (kept === null) {
    localStorage.removeItem(nameOf(project, assistant));
  } else {
    localStorage.setItem(nameOf(project, assistant), JSON.stringify(kept));
  }
}
