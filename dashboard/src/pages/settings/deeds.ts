/** The audit in words: what was done, where it leads, and what it changed. */
import type { Deed } from "../../client";
import { fill, sentence, texts } from "../../texts";

/** Deed → its sentence, with `{what}` for the subject. */
export function sentenceOf(deed: Deed): string {
  return sentence(texts.deed, deed.action);
}

/** Who did it: a name, or what stands in the audit for programs of the server. */
export function actorOf(deed: Deed): string {
  if (deed.actor_name === null) {
    return sentence(texts.settings.audit.actors, deed.actor);
  }
  return deed.actor.startsWith("key:") ? fill(texts.settings.audit.keyNamed, { name: deed.actor_name }) : deed.actor_name;
}

const PATHS: Readonly<Record<string, string>> = {
  credential: "/credentials?sheet={id}",
  assistant: "/assistants/{id}",
  conversation: "/calls/{id}",
  api_key: "/settings/api-keys",
  user: "/settings/members",
  project: "/settings/project",
  vault: "/settings/keys",
};

export interface Subject {
  label: string;
  path: string | undefined;
}

/** The thing itself and its page. `names` are by subject; what none has is called by its kind and number. */
export function subjectOf(deed: Deed, names: ReadonlyMap<string, string>): Subject {
  const [kind = "", id = ""] = deed.subject.split(":");
  const path = PATHS[kind];
  const kinds: Readonly<Record<string, string>> = texts.settings.audit.kinds;
  const label = names.get(deed.subject) ?? nameIn(deed.detail) ?? `${kinds[kind] ?? kind.replaceAll("_", " ")} ${id}`.trim();
  return { label, path: path === undefined ? undefined : fill(path, { id }) };
}

function nameIn(detail: Deed["detail"]): string | undefined {
  for (const part of [detail, detail["after"], detail["before"]]) {
    if (isObject(part) && typeof part["name"] === "string") {
      return part["name"];
    }
  }
  return undefined;
}

export interface Change {
  field: string;
  before: string | undefined;
  after: string | undefined;
}

/** Field by field what a deed changed; what it only tells has no `before`. */
export function changesOf(deed: Deed): Change[] {
  const { before, after, ...told } = deed.detail;
  const rest = [...flat(told)].map(([field, value]) => ({ field, before: undefined, after: value }));
  if (before === undefined && after === undefined) {
    return rest;
  }
  const [old, now] = [new Map(flat(before)), new Map(flat(after))];
  const fields = [...new Set([...old.keys(), ...now.keys()])];
  const changed = fields.map((field) => ({ field, before: old.get(field), after: now.get(field) })).filter((each) => each.before !== each.after);
  return [...changed, ...rest];
}

/** In a few words, for the row itself: role: may change. */
export function inBrief(changes: readonly Change[]): string {
  const [only] = changes;
  return changes.length === 1 && only ? `${only.field ? `${only.field}: ` : ""}${only.after ?? texts.settings.audit.gone}` : "";
}

/** Every value by its path; lists of plain values in one. */
function* flat(value: unknown, path = ""): Generator<[string, string]> {
  if (Array.isArray(value) && value.every((each) => !isObject(each))) {
    if (value.length > 0) {
      yield [path, value.join(", ")];
    }
  } else if (isObject(value)) {
    for (const [key, each] of Object.entries(value)) {
      yield* flat(each, path ? `${path}.${key}` : key);
    }
  } else if (value !== null && value !== undefined) {
    yield [path, String(value)];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
