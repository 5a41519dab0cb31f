/** A new assistant as the form has it, and as the API takes it. */
import type { AssistantFromTemplate, TemplateView } from "../../../client";
import { type Choice, FAMILIES, type Family, partOf } from "./choices";

export interface Begun {
  /** None chosen yet: the first that lacks nothing. */
  template: string | undefined;
  name: string;
  language: string;
  prompt: string;
  model: string;
  variables: Readonly<Record<string, string>>;
  /** Values of `Choice`; none = chosen by the server. */
  parts: Readonly<Partial<Record<Family, string>>>;
}

export const FRESH: Begun = { template: undefined, name: "", language: "en-US", prompt: "", model: "", variables: {}, parts: {} };

/** What people most often begin with comes first. */
const ORDER = ["front_desk", "flow", "appointment", "survey", "reminder"];

export function inOrder(templates: readonly TemplateView[]): TemplateView[] {
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return templates.toSorted((a, b) => place(a.name) - place(b.name));
}

/** Only what was said: all else is the template's, or chosen. */
export function requestOf(begun: Begun, template: TemplateView | undefined, choices: Readonly<Record<Family, readonly Choice[]>>): AssistantFromTemplate {
  const known = Object.entries(begun.variables).filter(([name, text]) => template !== undefined && name in template.variables && text !== "");
  const model = template?.mind === "model" && begun.model ? { model: begun.model } : {};
  const parts = FAMILIES.flatMap((family): [string, unknown][] => {
    const chosen = choices[family].find((each) => each.value === begun.parts[family]);
    if (family === "llm" && template?.mind === "flow") {
      return [];
    }
    const options = family === "llm" ? model : {};
    return chosen ? [[family, partOf(chosen, options)]] : Object.keys(options).length > 0 ? [[family, { options }]] : [];
  });
  return {
    template: template?.name ?? "",
    language: begun.language,
    ...(begun.name.trim() && { name: begun.name.trim() }),
    ...(template?.mind === "model" && begun.prompt.trim() && { prompt: begun.prompt }),
    ...(known.length > 0 && { variables: Object.fromEntries(known) }),
    ...Object.fromEntries(parts),
  } as AssistantFromTemplate;
}
