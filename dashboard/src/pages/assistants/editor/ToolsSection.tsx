import { useQuery } from "@tanstack/react-query";
import { Button } from "../../../parts/Button";
import { Icon } from "../../../parts/Icon";
import { fill, texts } from "../../../texts";
import { CREDENTIALS, PROVIDERS } from "../../credentials/queries";
import { choicesOf } from "../create/choices";
import { useEditing } from "../fields/editing";
import type { Schema } from "../fields/schema";
import { Options } from "./PartsSection";
import { Section } from "./Section";

const T = texts.assistant;

/** What a language model may call, and a flow may use. */
export function ToolsSection() {
  const { body, answering, locked, set } = useEditing();
  const providers = useQuery(PROVIDERS).data ?? [];
  const credentials = useQuery(CREDENTIALS).data ?? [];
  const choices = choicesOf("tools", providers, credentials);
  const tools = body.tools ?? [];
  const before = answering?.body.tools ?? [];
  const add = (value: string) => {
    const found = choices.find((each) => each.value === value);
    if (found) {
      set(["tools"], [...tools, { name: found.name, options: {}, credential_id: found.credential?.id ?? null }]);
    }
  };
  return (
    <Section name="tools">
      <ul className="parts">
        {tools.map((tool, index) => {
          const declared = providers.find((each) => each.family === "tools" && each.name === tool.name);
          const called = String((tool.options as { name?: string } | undefined)?.name ?? "");
          return (
            <li key={index} data-changed={answering && JSON.stringify(before[index]) !== JSON.stringify(tool) ? "" : undefined}>
              <div className="part-line">
                <span className="part-name">
                  <Icon name="tool" />
                  {tool.name}
                </span>
                <code>{called}</code>
                <Button look="quiet" small icon="close" disabled={locked} aria-label={fill(T.dropTool, { name: called || tool.name })} onClick={() => set(["tools"], tools.filter((_, at) => at !== index))} />
              </div>
              {declared && <Options at={["tools", index, "options"]} declared={declared.options as Schema | null} name={tool.name} />}
            </li>
          );
        })}
      </ul>
      {tools.length === 0 && <p className="hint">{T.noTools}</p>}
      <select className="input add-tool" aria-label={T.addTool} disabled={locked} value="" onChange={(event) => add(event.target.value)}>
        <option value="">{T.addTool}</option>
        {choices.map((each) => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </select>
    </Section>
  );
}
