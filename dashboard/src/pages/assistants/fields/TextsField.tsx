import type { ReactNode } from "react";
import { Button } from "../../../parts/Button";
import { fill, texts } from "../../../texts";

const T = texts.assistant;

/** A list of sentences. */
export function TextsField({ label, hint, wrong, disabled, value, onChange }: { label: string; hint?: ReactNode; wrong?: string; disabled: boolean; value: readonly string[]; onChange: (value: readonly string[]) => void }) {
  return (
    <fieldset className="field list-field">
      <legend className="field-label">{label}</legend>
      {value.map((each, index) => (
        <span key={index} className="list-line">
          <input
            className="input spoken"
            aria-label={fill(T.lineOf, { label, n: index + 1 })}
            disabled={disabled}
            value={each}
            onChange={(event) => onChange(value.map((one, at) => (at === index ? event.target.value : one)))}
          />
          <Button look="quiet" small icon="close" disabled={disabled} aria-label={fill(T.dropLine, { n: index + 1 })} onClick={() => onChange(value.filter((_, at) => at !== index))} />
        </span>
      ))}
      <span>
        <Button small icon="plus" disabled={disabled} onClick={() => onChange([...value, ""])}>
          {T.addLine}
        </Button>
      </span>
      <p className="hint" data-bad={wrong ? "" : undefined}>
        {wrong ?? hint}
      </p>
    </fieldset>
  );
}
