import { Area } from "../../../parts/Area";
import { count, texts } from "../../../texts";
import { number } from "../../../words/times";
import { FormField } from "../fields/FormField";
import { Was } from "../fields/Was";
import { useEditing, useField } from "../fields/editing";
import type { Schema } from "../fields/schema";
import { Section } from "./Section";

const T = texts.assistant;
/** English text has some four characters a token (https://help.openai.com/en/articles/4936856). */
const CHARACTERS_PER_TOKEN = 4;

/** Its words: the greeting as it is spoken, and what a model is told. */
export function Says({ fields }: { fields: Readonly<Record<string, Schema>> }) {
  const { body } = useEditing();
  const of = (name: string) => fields[name] ?? {};
  return (
    <Section name="says">
      <div className="two">
        <FormField path={["greeting"]} schema={of("greeting")} spoken rows={4} />
        {body.llm.name === "flow" ? <p className="hint flow-note">{T.flowSays}</p> : <Prompt />}
      </div>
      <div className="three">
        <FormField path={["name"]} schema={of("name")} />
        <FormField path={["language"]} schema={of("language")} />
        <FormField path={["zone"]} schema={of("zone")} />
        <FormField path={["greeting_barge_in"]} schema={of("greeting_barge_in")} />
      </div>
    </Section>
  );
}

function Prompt() {
  const { value, before, changed, answering, wrong, locked, set } = useField(["prompt"]);
  const text = String(value ?? "");
  const tokens = Math.ceil(text.length / CHARACTERS_PER_TOKEN);
  return (
    <div className="form-field" data-changed={changed ? "" : undefined}>
      <Area
        label={texts.assistant_fields.prompt}
        beside={<span className="hint">{count(T.long, text.length, { tokens: number(tokens) })}</span>}
        className="prompt"
        rows={8}
        disabled={locked}
        wrong={wrong}
        value={text}
        onChange={(event) => set(event.target.value)}
      />
      {changed && <Was before={before} version={answering} />}
    </div>
  );
}
