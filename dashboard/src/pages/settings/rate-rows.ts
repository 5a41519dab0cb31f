/** The table of rates as it is edited: every cell is text until it is saved. */
import type { ProviderView, RateFormOutput, RatesFormInput, RatesFormOutput } from "../../client";
import { texts } from "../../texts";

export type Unit = RateFormOutput["unit"];
export type Family = "llm" | "stt" | "tts" | "telephony";

/** Whose each unit is, as the API has it. */
export const FAMILY_OF: Readonly<Record<Unit, Family>> = {
  heard_minutes: "stt",
  input_tokens: "llm",
  output_tokens: "llm",
  spoken_characters: "tts",
  inbound_minutes: "telephony",
  outbound_minutes: "telephony",
};
export const UNITS = Object.keys(FAMILY_OF) as Unit[];

export interface RateRow {
  since: string;
  provider: string;
  model: string;
  unit: Unit;
  price: string;
  per: string;
}

export function asRows(rates: RatesFormOutput): RateRow[] {
  return (rates.rates ?? []).map((each) => ({ since: each.since, provider: each.provider, model: each.model ?? "", unit: each.unit, price: String(each.price), per: String(each.per ?? 1) }));
}

export function asForm(currency: string, rows: readonly RateRow[]): RatesFormInput {
  return { currency, rates: rows.map((each) => ({ ...each, price: each.price, per: Number(each.per) })) };
}

export function newRow(today: Date): RateRow {
  return { since: today.toISOString().slice(0, 10), provider: "", model: "", unit: "heard_minutes", price: "", per: "1" };
}

/** Providers that cost something, of the family whose unit it is. */
export function paidOf(providers: readonly ProviderView[], unit: Unit): string[] {
  return providers.filter((each) => each.family === FAMILY_OF[unit] && each.needs_credential).map((each) => each.name);
}

/** deepgram nova-3, minute heard: 0.0043 from 2026-01-01 */
export function inWords(row: RateRow): string {
  return `${row.provider} ${row.model}`.trim() + `, ${texts.settings.limits.units[row.unit]}: ${row.price} / ${row.per}, ${row.since}`;
}

/** What only one side has, in words: their rows against mine. */
export function differing(theirs: readonly RateRow[], mine: readonly RateRow[]): { theirs: string[]; mine: string[] } {
  const [left, right] = [theirs.map(inWords), mine.map(inWords)];
  return { theirs: left.filter((each) => !right.includes(each)), mine: right.filter((each) => !left.includes(each)) };
}
