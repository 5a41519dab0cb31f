import { useMemo, useRef } from "react";
import { texts } from "../../../texts";
import { CodeEditor } from "../code/CodeEditor";
import { useField } from "../fields/editing";
import { FlowDrawing } from "./FlowDrawing";
import { type Graph, graphOf } from "./graph";
import "./flow.css";

const T = texts.flow;
const SCRIPT = ["llm", "options", "script"];

/** A flow as it is written, and drawn. While the text is no YAML, the last drawing stays. */
export function FlowView({ lit }: { lit: string }) {
  const { value, wrong, locked, set } = useField(SCRIPT);
  const text = String(value ?? "");
  const last = useRef<Graph | null>(null);
  const { graph, problem } = useMemo(() => drawn(text), [text]);
  // oxlint-disable-next-line react/refs -- what was drawn last is only shown while nothing else can be
  const shown = graph ?? last.current;
  if (graph) {
    // oxlint-disable-next-line react/refs
    last.current = graph;
  }
  return (
    <div className="flow-view">
      <div className="flow-text">
        <CodeEditor label={T.script} text={text} locked={locked} onChange={set} />
        {(problem ?? wrong) && (
          <p className="hint" data-bad="" role="alert">
            {problem ?? wrong}
          </p>
        )}
      </div>
      {shown && <FlowDrawing graph={shown} lit={lit} />}
    </div>
  );
}

function drawn(text: string): { graph: Graph | null; problem?: string } {
  try {
    return { graph: graphOf(text) };
  } catch (wrong) {
    return { graph: null, problem: wrong instanceof Error ? wrong.message.split("\n")[0] : T.noYaml };
  }
}
