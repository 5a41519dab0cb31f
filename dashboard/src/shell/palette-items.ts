/** What the palette offers, and how what is typed is found in it. */
import type { ListedConversation, Me } from "../client";
import type { IconName } from "../parts/Icon";
import { may } from "../parts/LockedButton";
import { SETTINGS_PLACES } from "../pages/settings/places";
import { fill, texts } from "../texts";
import { type Theme, THEMES } from "../theme";
import { shownNumber } from "../words/phone";
import { moment } from "../words/times";
import { PLACES } from "./places";

const T = texts.palette;

export interface Item {
  id: string;
  group: keyof typeof T.groups;
  icon: IconName;
  label: string;
  /** Beside it: of which assistant, when. */
  note?: string;
  spoken?: boolean;
  /** Further words by which it is found. */
  words?: string;
  act: Act;
}

export type Act = { go: string } | { hangUp: ListedConversation } | { project: number } | { theme: Theme } | { leave: true } | { keys: true };

/** Places and verbs, from memory. */
export function ownItems(me: Me): Item[] {
  const places = PLACES.map((each): Item => ({ id: each.to, group: "places", icon: each.icon, label: each.label, act: { go: each.to } }));
  const settings = SETTINGS_PLACES.filter((each) => may(me.role, each.needs)).map((each): Item => ({ id: each.to, group: "places", icon: "settings", label: `${texts.settings.title}: ${each.label}`, act: { go: each.to } }));
  const verbs: Item[] = [
    ...(may(me.role, "editor") ? [verb("/credentials?sheet=new", "key", texts.credentials.create), verb("/assistants?sheet=new", "plus", texts.assistants.create)] : []),
    ...me.projects.filter((each) => each.id !== me.project.id).map((each): Item => ({ id: `project ${each.id}`, group: "verbs", icon: "right", label: fill(T.project, { name: each.name }), act: { project: each.id } })),
    ...THEMES.map((theme): Item => ({ id: `theme ${theme}`, group: "verbs", icon: "eye", label: fill(T.theme, { name: texts.shell.themes[theme] }), act: { theme } })),
    { id: "keys", group: "verbs", icon: "more", label: texts.keySheet.title, note: "?", act: { keys: true } },
    { id: "docs", group: "verbs", icon: "file", label: texts.places.api, act: { go: "/docs" } },
    { id: "leave", group: "verbs", icon: "back", label: texts.shell.signOut, act: { leave: true } },
  ];
  return [...places, ...settings, ...verbs];
}

function verb(path: string, icon: IconName, label: string): Item {
  return { id: path, group: "verbs", icon, label, act: { go: path } };
}

export function assistantItem(assistant: { id: number; name: string }): Item {
  return { id: `assistant ${assistant.id}`, group: "assistants", icon: "voice", label: assistant.name, note: `${assistant.id}`, act: { go: `/assistants/${assistant.id}` } };
}

/** A call by its number and its id; one in progress can be hung up too. */
export function callItems(call: ListedConversation, me: Me): Item[] {
  const other = shownNumber(call.direction === "inbound" ? call.caller : call.callee);
  const note = `${call.assistant_name}, ${moment(new Date(call.created_at))}`;
  const words = `${call.id} ${call.caller} ${call.callee}`;
  const open: Item = { id: `call ${call.id}`, group: "calls", icon: call.direction === "inbound" ? "inbound" : "outbound", label: other, note, words, act: { go: `/calls/${call.id}` } };
  const end: Item = { id: `hang up ${call.id}`, group: "verbs", icon: "hangUp", label: fill(T.hangUp, { who: other }), note: T.asks, words, act: { hangUp: call } };
  return call.status === "live" && may(me.role, "editor") ? [open, end] : [open];
}

/** A call in which the typed words were said. */
export function wordsItem(call: ListedConversation, typed: string): Item {
  return { id: `words ${call.id}`, group: "words", icon: "search", label: `“${typed}”`, note: fill(T.saidIn, { id: call.id, when: moment(new Date(call.created_at)) }), spoken: true, act: { go: `/calls/${call.id}` } };
}

/** A call by the number that is typed, even one that nothing here knows yet. */
export function idItem(typed: string): Item[] {
  return /^\d{1,15}$/.test(typed) ? [{ id: `id ${typed}`, group: "calls", icon: "calls", label: fill(texts.call.title, { id: typed }), act: { go: `/calls/${typed}` } }] : [];
}

/** Items that have each typed word, those that begin with it before the others; the order of groups stays. */
export function matching(items: readonly Item[], typed: string): Item[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const found = items.filter((each) => {
    const text = `${each.label} ${each.note ?? ""} ${each.words ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const begins = (each: Item) => (words.length > 0 && each.label.toLowerCase().startsWith(words.join(" ")) ? 0 : 1);
  const groups = Object.keys(T.groups);
  return found.toSorted((one, other) => groups.indexOf(one.group) - groups.indexOf(other.group) || begins(one) - begins(other));
}
