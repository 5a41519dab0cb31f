/** What can hear, think or speak for a new assistant: providers that are here, by the credentials that open them. */
import type { CredentialView, ProviderView } from "../../../client";
import { LANGUAGE } from "../../../texts";

export type Family = "stt" | "llm" | "tts";
export const FAMILIES = ["stt", "llm", "tts"] as const satisfies readonly Family[];

export interface Choice {
  /** `name:credential`, for a select. */
  value: string;
  label: string;
  name: string;
  credential: CredentialView | null;
}

/** Providers that play a part from a script: for tests, not for callers. */
const DOUBLES: ReadonlySet<string> = new Set(["scripted", "tone"]);
/** A flow comes with its template. */
const FLOW = "flow";

/** One choice for each provider that needs no key, and one for each credential of those that take one. */
export function choicesOf(family: string, providers: readonly ProviderView[], credentials: readonly CredentialView[]): Choice[] {
  return providers
    .filter((each) => each.family === family && each.available && !DOUBLES.has(each.name) && each.name !== FLOW)
    .flatMap((each) => {
      const opened = each.credential === null ? [] : credentials.filter((one) => one.provider === each.name).map((one) => choice(each.name, one));
      return each.needs_credential ? opened : [choice(each.name, null), ...opened];
    });
}

function choice(name: string, credential: CredentialView | null): Choice {
  return { value: `${name}:${credential?.id ?? ""}`, label: credential ? `${name} · ${credential.name}` : name, name, credential };
}

/** The part of a request that names what was chosen. */
export function partOf(chosen: Choice, options: Readonly<Record<string, unknown>> = {}) {
  return { name: chosen.name, ...(chosen.credential && { credential_id: chosen.credential.id }), ...(Object.keys(options).length > 0 && { options }) };
}

/** Languages that a telephone is often answered in; any other can be typed into the assistant itself. */
const TAGS = ["en-US", "en-GB", "en-AU", "en-IN", "de-DE", "de-AT", "de-CH", "es-ES", "es-MX", "fr-FR", "it-IT", "nl-NL", "pt-PT", "pt-BR", "pl-PL", "sv-SE", "da-DK", "nb-NO", "fi-FI", "cs-CZ", "tr-TR", "ja-JP", "hi-IN"];
const NAMES = new Intl.DisplayNames(LANGUAGE, { type: "language" });

/** [tag, name] of each, by name. */
export const LANGUAGES: readonly (readonly [string, string])[] = TAGS.map((tag) => [tag, NAMES.of(tag) ?? tag] as const).toSorted((a, b) => a[1].localeCompare(b[1]));
