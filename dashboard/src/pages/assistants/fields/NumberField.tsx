import { useId, useState } from "react";
import { fill, texts } from "../../../texts";
import { nameOf, useField } from "./editing";
import { type Path, written } from "./paths";
import { type Schema, mayBeEmpty, plain, unitOf } from "./schema";

/** A number with its unit in one line. What cannot be a number is kept as typed, and told. */
export function NumberField({ path, schema }: { path: Path; schema: Schema }) {
  const id = useId();
  const { value, before, changed, wrong, locked, set } = useField(path);
  const [typed, setTyped] = useState<string | null>(null);
  const told = plain(schema);
  const unit = unitOf(written(path));
  const text = typed ?? (value === undefined || value === null ? "" : String(value));
  const change = (now: string) => {
    const number = Number(now);
    const empty = now.trim() === "";
    const good = empty ? mayBeEmpty(schema) : Number.isFinite(number);
    setTyped(good && (empty || String(number) === now) ? null : now);
    if (good) {
      set(empty ? null : number);
    }
  };
  const beyond = typeof value === "number" && ((told.minimum !== undefined && value < told.minimum) || (told.maximum !== undefined && value > told.maximum));
  const problem = wrong ?? (beyond ? fill(texts.assistant.between, { least: told.minimum ?? "", most: told.maximum ?? "", unit }) : undefined);
  return (
    <div className="number-field" title={told.description}>
      <label htmlFor={id}>{nameOf(path)}</label>
      {changed && <s>{String(before ?? "")}</s>}
      <span className="number-input" data-bad={problem ? "" : undefined}>
        <input
          id={id}
          inputMode="decimal"
          size={Math.max(4, text.length)}
          disabled={locked}
          value={text}
          aria-invalid={problem ? true : undefined}
          aria-describedby={`${id}-told`}
          placeholder={told.default === undefined || told.default === null ? "" : String(told.default)}
          onChange={(event) => change(event.target.value)}
          onBlur={() => setTyped(null)}
        />
        {unit && <em>{unit}</em>}
      </span>
      <span id={`${id}-told`} className={problem ? "hint number-told" : "unseen"} data-bad={problem ? "" : undefined}>
        {problem ?? told.description}
      </span>
    </div>
  );
}
