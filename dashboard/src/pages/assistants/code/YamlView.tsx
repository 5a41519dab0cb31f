import { useState } from "react";
import { parse, stringify } from "yaml";
import type { AssistantBody } from "../../../client";
import { texts } from "../../../texts";
import { useEditing } from "../fields/editing";
import { CodeEditor } from "./CodeEditor";
import { assistantFields } from "./schema-help";

const T = texts.flow;

/** The same draft as a text. While the text is no YAML, the draft keeps what was. */
export function YamlView() {
  const { body, locked, set } = useEditing();
  const [problem, setProblem] = useState<string | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const change = (text: string) => {
    setTyped(text);
    try {
      const found: unknown = parse(text);
      if (typeof found !== "object" || found === null || Array.isArray(found)) {
        setProblem(T.noYaml);
        return;
      }
      setProblem(null);
      set([], found as AssistantBody);
    } catch (wrong) {
      setProblem(wrong instanceof Error ? (wrong.message.split("\n")[0] ?? T.noYaml) : T.noYaml);
    }
  };
  return (
    <div className="flow-text">
      <p className="hint">{T.yamlText}</p>
      <CodeEditor label={T.asYaml} text={typed ?? stringify(body, { lineWidth: 0 })} locked={locked} onChange={change} complete={assistantFields} />
      {problem && (
        <p className="hint" data-bad="" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
