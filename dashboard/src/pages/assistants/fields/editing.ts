import { createContext, useContext } from "react";
import type { AssistantBody } from "../../../client";
import { texts } from "../../../texts";
import { labelOf } from "../../credentials/declared";
import { type Path, read, written } from "./paths";

/** The draft that a page's fields stand for. */
export interface Editing {
  body: AssistantBody;
  /** What answers calls now; null = nothing does. */
  answering: { version: number; body: AssistantBody } | null;
  /** What the API's check found wrong, by path. */
  wrong: ReadonlyMap<string, string>;
  locked: boolean;
  set: (path: Path, value: unknown) => void;
}

export const EditingContext = createContext<Editing | null>(null);

export function useEditing(): Editing {
  const found = useContext(EditingContext);
  if (found === null) {
    throw new Error("a field outside of an editor");
  }
  return found;
}

/** One field of the draft: its value, what answers now instead, what is wrong with it. */
export function useField(path: Path) {
  const { body, answering, wrong, locked, set } = useEditing();
  const value = read(body, path);
  const before = answering ? read(answering.body, path) : undefined;
  const changed = answering !== null && JSON.stringify(before) !== JSON.stringify(value);
  return { value, before, changed, answering: answering?.version, wrong: wrong.get(written(path)), locked, set: (now: unknown) => set(path, now) };
}

const LABELS: Readonly<Record<string, string>> = texts.assistant_fields;

/** What a field is called: by its path, else by its name without the unit. */
export function nameOf(path: Path | string): string {
  const field = typeof path === "string" ? path : written(path);
  const last = field.split(".").at(-1) ?? field;
  return LABELS[field] ?? labelOf(last.replace(/_(ms|s)$/, ""));
}
