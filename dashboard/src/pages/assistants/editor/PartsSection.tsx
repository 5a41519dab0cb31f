import { useQuery } from "@tanstack/react-query";
import { Icon, type IconName } from "../../../parts/Icon";
import { State } from "../../../parts/State";
import { fill, texts } from "../../../texts";
import { labelOf } from "../../credentials/declared";
import { CREDENTIALS, PROVIDERS } from "../../credentials/queries";
import { choicesOf } from "../create/choices";
import { FormField } from "../fields/FormField";
import { Was } from "../fields/Was";
import { useField } from "../fields/editing";
import type { Path } from "../fields/paths";
import { type Schema, optionsOf } from "../fields/schema";
import { Section } from "./Section";

const T = texts.assistant;
const PARTS = [
  ["stt", "ear"],
  ["llm", "mind"],
  ["tts", "voice"],
  ["vad", "line"],
  ["turn_end", "clock"],
] as const satisfies readonly (readonly [string, IconName])[];

interface Named {
  name: string;
  options?: Readonly<Record<string, unknown>>;
  credential_id?: number | null;
}

/** Who hears, thinks and speaks, with which credential, and each one's own options. */
export function PartsSection() {
  return (
    <Section name="parts">
      <ul className="parts">
        {PARTS.map(([family, icon]) => (
          <Part key={family} family={family} icon={icon} />
        ))}
      </ul>
    </Section>
  );
}

function Part({ family, icon }: { family: (typeof PARTS)[number][0]; icon: IconName }) {
  const { value, before, changed, answering, wrong, locked, set } = useField([family]);
  const part = value as Named | null | undefined;
  const providers = useQuery(PROVIDERS).data ?? [];
  const credentials = useQuery(CREDENTIALS).data ?? [];
  const choices = choicesOf(family, providers, credentials);
  const now = part ? `${part.name}:${part.credential_id ?? ""}` : "";
  const opened = credentials.find((each) => each.id === part?.credential_id);
  const declared = providers.find((each) => each.family === family && each.name === part?.name);
  const choose = (chosen: string) => {
    const found = choices.find((each) => each.value === chosen);
    set(found ? { name: found.name, options: found.name === part?.name ? part.options : {}, credential_id: found.credential?.id ?? null } : null);
  };
  return (
    <li data-changed={changed ? "" : undefined} data-family={family}>
      <div className="part-line">
        <span id={`${family}-part`} className="part-name">
          <Icon name={icon} />
          {T.parts[family]}
        </span>
        <select className="input" aria-labelledby={`${family}-part`} disabled={locked} value={now} onChange={(event) => choose(event.target.value)}>
          {family === "turn_end" && <option value="">{T.silenceDecides}</option>}
          {part && !choices.some((each) => each.value === now) && <option value={now}>{part.name}</option>}
          {choices.map((each) => (
            <option key={each.value} value={each.value}>
              {each.label}
            </option>
          ))}
        </select>
        {opened && <State kind={opened.verified_at ? "good" : "attention"}>{opened.verified_at ? T.verified : T.unverified}</State>}
        {declared && !declared.available && <State kind="fault">{declared.missing}</State>}
      </div>
      {wrong && (
        <p className="hint" data-bad="">
          {wrong}
        </p>
      )}
      {changed && <Was before={(before as Named | null)?.name} version={answering} />}
      {part && declared && <Options at={[family, "options"]} declared={declared.options as Schema | null} name={part.name} />}
    </li>
  );
}

/** A flow's script has a view of its own. */
const ELSEWHERE = "script";

/** What a provider takes besides, as it declares it. */
export function Options({ at, declared, name }: { at: Path; declared: Schema | null; name: string }) {
  const fields = Object.entries(optionsOf(declared)).filter(([field]) => field !== ELSEWHERE);
  if (fields.length === 0) {
    return null;
  }
  return (
    <details>
      <summary>{fill(T.options, { name: labelOf(name), n: fields.length })}</summary>
      <div className="options">
        {fields.map(([field, schema]) => (
          <FormField key={field} path={[...at, field]} schema={schema} />
        ))}
      </div>
    </details>
  );
}
