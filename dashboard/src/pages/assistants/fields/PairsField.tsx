import { type ReactNode, useState } from "react";
import { Button } from "../../../parts/Button";
import { fill, texts } from "../../../texts";

const T = texts.assistant;

/** Names with a text each. A name is changed only when it is left, so that two never melt into one while typing. */
export function PairsField({ label, hint, wrong, disabled, value, onChange }: { label: string; hint?: ReactNode; wrong?: string; disabled: boolean; value: Readonly<Record<string, string>>; onChange: (value: Readonly<Record<string, string>>) => void }) {
  const [added, setAdded] = useState("");
  const pairs = Object.entries(value);
  const add = () => {
    if (added && !(added in value)) {
      onChange({ ...value, [added]: "" });
      setAdded("");
    }
  };
  return (
    <fieldset className="field list-field">
      <legend className="field-label">{label}</legend>
      {pairs.map(([name, text]) => (
        <span key={name} className="list-line pair-line">
          <code>{name}</code>
          <input className="input" aria-label={name} disabled={disabled} value={text} onChange={(event) => onChange({ ...value, [name]: event.target.value })} />
          <Button look="quiet" small icon="close" disabled={disabled} aria-label={fill(T.dropName, { name })} onClick={() => onChange(Object.fromEntries(pairs.filter(([each]) => each !== name)))} />
        </span>
      ))}
      <span className="list-line pair-line">
        <input
          className="input mono"
          aria-label={T.newName}
          placeholder={T.newName}
          disabled={disabled}
          value={added}
          onChange={(event) => setAdded(event.target.value.replace(/\s/g, "_"))}
          onKeyDown={(event) => event.key === "Enter" && (event.preventDefault(), add())}
        />
        <Button small icon="plus" disabled={disabled || !added || added in value} onClick={add}>
          {T.addName}
        </Button>
      </span>
      <p className="hint" data-bad={wrong ? "" : undefined}>
        {wrong ?? hint}
      </p>
    </fieldset>
  );
}
