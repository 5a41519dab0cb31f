import { useId } from "react";
import { Area } from "../../../parts/Area";
import { Field } from "../../../parts/Field";
import { Segments } from "../../../parts/Segments";
import { Marked } from "../../../parts/Marked";
import { sentence, texts } from "../../../texts";
import { DataField } from "./DataField";
import { NumberField } from "./NumberField";
import { PairsField } from "./PairsField";
import { TextsField } from "./TextsField";
import { Was } from "./Was";
import { nameOf, useField } from "./editing";
import { type Path, written } from "./paths";
import { type Schema, kindOf, mayBeEmpty, plain } from "./schema";

/** A field as the API's document declares it. A changed one has a bar, and beneath it what answers now. */
export function FormField({ path, schema, spoken = false, rows = 2 }: { path: Path; schema: Schema; spoken?: boolean; rows?: number }) {
  const field = useField(path);
  return (
    <div className="form-field" data-changed={field.changed ? "" : undefined} data-kind={kindOf(schema)} data-path={written(path)}>
      <Control path={path} schema={schema} spoken={spoken} rows={rows} />
      {field.changed && <Was before={field.before} version={field.answering} spoken={spoken} />}
    </div>
  );
}

function Control({ path, schema, spoken, rows }: { path: Path; schema: Schema; spoken: boolean; rows: number }) {
  const { value, wrong, locked, set } = useField(path);
  const label = nameOf(path);
  const told = plain(schema);
  const says = told.description ?? "";
  const hint = says.replace(".", "") === label ? undefined : <Marked text={says} />;
  const shared = { label, api: written(path), hint, wrong, disabled: locked };
  const text = value === undefined || value === null ? "" : String(value);
  const write = (now: string) => set(now === "" && mayBeEmpty(schema) ? null : now);
  switch (kindOf(schema)) {
    case "long":
      return <Area {...shared} className={spoken ? "spoken" : ""} rows={rows} maxLength={told.maxLength} value={text} onChange={(event) => write(event.target.value)} />;
    case "text":
      return <Field {...shared} autoComplete="off" placeholder={String(told.default ?? "")} value={text} onChange={(event) => write(event.target.value)} />;
    case "number":
      return <NumberField path={path} schema={schema} />;
    case "switch":
      return <Switch {...shared} value={value === true} onChange={set} />;
    case "choice":
      return <Choices {...shared} values={told.enum ?? []} value={text} onChange={write} />;
    case "texts":
      return <TextsField {...shared} value={Array.isArray(value) ? (value as string[]) : []} onChange={set} />;
    case "pairs":
      return <PairsField {...shared} value={(value ?? {}) as Record<string, string>} onChange={set} />;
    case "data":
      return <DataField {...shared} value={value ?? told.default} onChange={set} />;
  }
}

interface Shared {
  label: string;
  hint?: React.ReactNode;
  wrong?: string;
  disabled: boolean;
}

function Switch({ label, hint, disabled, value, onChange }: Shared & { value: boolean; onChange: (value: boolean) => void }) {
  return (
    <button type="button" className="switch" role="switch" aria-checked={value} disabled={disabled} onClick={() => onChange(!value)}>
      <i aria-hidden="true" />
      <span>
        {label} <span className="hint block">{hint}</span>
      </span>
    </button>
  );
}

const FEW = 3;

function Choices({ label, hint, wrong, disabled, values, value, onChange }: Shared & { values: readonly string[]; value: string; onChange: (value: string) => void }) {
  const id = useId();
  const words = values.map((each) => ({ value: each, label: sentence(texts.assistant_choices, each) }));
  return (
    <div className="field">
      <label className="field-label" id={`${id}-label`} htmlFor={values.length > FEW ? id : undefined}>
        {label}
      </label>
      {values.length > FEW ? (
        <select id={id} className="input" disabled={disabled} value={value} onChange={(event) => onChange(event.target.value)}>
          {words.map((each) => (
            <option key={each.value} value={each.value}>
              {each.label}
            </option>
          ))}
        </select>
      ) : (
        <Segments label={label} choices={words} value={value} disabled={disabled} onChange={onChange} />
      )}
      {(wrong ?? hint) && (
        <p className="hint" data-bad={wrong ? "" : undefined}>
          {wrong ?? hint}
        </p>
      )}
    </div>
  );
}
