/** Every text of the dashboard, by language. A language is one file of the shape of `en.json`. */
import english from "./en.json";

export type Texts = typeof english;
export interface Counted {
  one: string;
  other: string;
}

export const LANGUAGE = "en";
export const texts: Texts = english;

/** A text with its `{names}` filled in. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

const rules = new Intl.PluralRules(LANGUAGE);

/** The form of a text for a number, with `{n}` and other names filled in. */
export function count(text: Counted, n: number, values: Readonly<Record<string, string | number>> = {}): string {
  return fill(rules.select(n) === "one" ? text.one : text.other, { n: n.toLocaleString(LANGUAGE), ...values });
}

/** The sentence for a value of the API; one that this version does not know is shown as it is. */
export function sentence(table: Readonly<Record<string, string>>, value: string): string {
  return table[value] ?? value.replaceAll("_", " ");
}
