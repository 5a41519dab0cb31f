import { AssistantBodySchema, DeadlinesSchema, IdleSchema, KeypadSettingsSchema } from "../../../client/schemas.gen";
import { FormField } from "../fields/FormField";
import type { Path } from "../fields/paths";
import type { Schema } from "../fields/schema";
import { PartsSection } from "./PartsSection";
import { Says } from "./Says";
import { Section } from "./Section";
import { ToolsSection } from "./ToolsSection";
import { WhenItSpeaks } from "./WhenItSpeaks";

const FIELDS = AssistantBodySchema.properties as Readonly<Record<string, Schema>>;
const SILENCE = ["unclear_message", "unclear_goodbye", "error_message", "filler_message", "warning_message", "duration_goodbye"];
const LIMITS = ["unclear_limit", "max_duration_s", "warning_before_s", "hello_wait_ms"];

/** Every field of an assistant, as the API's document declares it. */
export function Form({ id }: { id: number }) {
  return (
    <>
        <Says fields={FIELDS} />
        <WhenItSpeaks id={id} />
        <PartsSection />
        <ToolsSection />
        <Section name="silence">
          <div className="two">
            <FormField path={["idle", "prompts"]} schema={IdleSchema.properties.prompts as Schema} />
            <FormField path={["idle", "goodbye"]} schema={IdleSchema.properties.goodbye as Schema} spoken />
            {SILENCE.map((name) => (
              <FormField key={name} path={[name]} schema={FIELDS[name] ?? {}} spoken />
            ))}
          </div>
          <div className="numbers">
            <FormField path={["idle", "timeout_s"]} schema={IdleSchema.properties.timeout_s as Schema} />
            {LIMITS.map((name) => (
              <FormField key={name} path={[name]} schema={FIELDS[name] ?? {}} />
            ))}
          </div>
          <Drawn at={["deadlines"]} schema={DeadlinesSchema as Schema} />
          <FormField path={["record"]} schema={FIELDS["record"] ?? {}} />
        </Section>
        <Section name="keypad">
          <Drawn at={["keypad"]} schema={KeypadSettingsSchema as Schema} />
        </Section>
        <Section name="variables">
          <FormField path={["variables"]} schema={FIELDS["variables"] ?? {}} />
        </Section>
    </>
  );
}

/** All fields of a part. */
function Drawn({ at, schema }: { at: Path; schema: Schema }) {
  return (
    <div className="numbers">
      {Object.entries(schema.properties ?? {}).map(([name, each]) => (
        <FormField key={name} path={[...at, name]} schema={each} />
      ))}
    </div>
  );
}
