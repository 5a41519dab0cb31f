import { useQuery } from "@tanstack/react-query";
import { TurnTakingSchema } from "../../../client/schemas.gen";
import { texts } from "../../../texts";
import { usualQuery } from "../../call/queries";
import { FormField } from "../fields/FormField";
import { useEditing } from "../fields/editing";
import type { Schema } from "../fields/schema";
import { CutsInDiagram } from "../turn/CutsInDiagram";
import { FinishedDiagram } from "../turn/FinishedDiagram";
import { Section } from "./Section";

const T = texts.assistant;
const FIELDS = TurnTakingSchema.properties as Readonly<Record<string, Schema>>;
/** The numbers that the drawings show come first; the rest stands behind a fold. */
const DRAWN = ["silence_ms", "stop_ms", "start_ms", "confirm_ms", "false_ms", "hesitation_ms"];
const REST = Object.keys(FIELDS).filter((name) => !DRAWN.includes(name) && name !== "barge_in");

/** When the caller has finished, and who may interrupt: the numbers, drawn. */
export function WhenItSpeaks({ id }: { id: number }) {
  const { answering } = useEditing();
  const usual = useQuery({ ...usualQuery(id, answering?.version ?? 0), enabled: answering !== null });
  return (
    <Section name="speaks" remark={T.drawnFrom}>
      <div className="drawings">
        <FinishedDiagram usual={usual.data} />
        <CutsInDiagram />
      </div>
      <div className="numbers">
        {DRAWN.map((name) => (
          <FormField key={name} path={["turn", name]} schema={FIELDS[name] ?? {}} />
        ))}
      </div>
      <FormField path={["turn", "barge_in"]} schema={FIELDS["barge_in"] ?? {}} />
      <details>
        <summary>{T.moreNumbers}</summary>
        <div className="numbers">
          {REST.map((name) => (
            <FormField key={name} path={["turn", name]} schema={FIELDS[name] ?? {}} />
          ))}
        </div>
      </details>
    </Section>
  );
}
