import { useState } from "react";
import { Icon } from "../../parts/Icon";
import { texts } from "../../texts";
import { type Filters, DIRECTIONS, MOMENTS, SLOW_MS, TIMES, slower, span } from "./filters";

const F = texts.calls.filters;

/** What is asked of the list, each choice in its own chip. */
export function FilterBar({
  filters,
  assistants,
  onChange,
}: {
  filters: Filters;
  assistants: ReadonlyMap<number, string>;
  onChange: (changed: Filters) => void;
}) {
  return (
    <div className="filters" role="group" aria-label={F.label} data-scroll>
      <Chip
        name={F.time}
        value={filters.from ? span(filters.from, filters.to) : filters.time}
        any={F.times.all}
        choices={TIMES.map((each) => [each, F.times[each]])}
        onChoose={(time) => onChange({ time: TIMES.find((each) => each === time), from: undefined, to: undefined })}
      />
      <Chip
        name={F.direction}
        value={filters.direction}
        any={F.both}
        choices={DIRECTIONS.map((each) => [each, texts.calls[each]])}
        onChoose={(direction) => onChange({ direction: DIRECTIONS.find((each) => each === direction) })}
      />
      <Chip
        name={F.assistant}
        value={filters.assistant?.toString()}
        any={F.any}
        choices={[...assistants].map(([id, name]) => [String(id), name])}
        onChoose={(id) => onChange({ assistant: id ? Number(id) : undefined })}
      />
      <Chip name={F.ended} value={filters.ended} any={F.anyWay} choices={Object.entries(texts.end_reason)} onChoose={(ended) => onChange({ ended })} />
      <Chip
        name={F.slow}
        value={filters.slow?.toString()}
        any={F.any}
        choices={SLOW_MS.map((ms) => [String(ms), slower(ms)])}
        onChoose={(ms) => onChange({ slow: ms ? Number(ms) : undefined })}
      />
      <Chip
        name={F.happened}
        value={filters.happened}
        any={F.any}
        choices={MOMENTS.map((each) => [each, F.happenedKinds[each]])}
        onChoose={(moment) => onChange({ happened: MOMENTS.find((each) => each === moment) })}
      />
      {filters.answered && <Chip name={F.answered} value="yes" any={F.any} choices={[["yes", F.yes]]} onChoose={(now) => onChange({ answered: now ? true : undefined })} />}
      <Typed name={F.number} placeholder={F.numberHint} value={filters.number ?? ""} onChange={(number) => onChange({ number: number || undefined })} />
      <Typed name={F.words} placeholder={F.words} spoken value={filters.words ?? ""} onChange={(words) => onChange({ words: words || undefined })} />
    </div>
  );
}

function Chip({
  name,
  value,
  any,
  choices,
  onChoose,
}: {
  name: string;
  value: string | undefined;
  any: string;
  choices: readonly (readonly [string, string])[];
  onChoose: (value: string | undefined) => void;
}) {
  const shown = choices.find(([each]) => each === value)?.[1] ?? value ?? any;
  return (
    <label className="chip" data-set={value === undefined ? undefined : ""}>
      <span>{name}</span>
      <b>{shown}</b>
      <Icon name="down" />
      <select aria-label={name} value={value ?? ""} onChange={(event) => onChoose(event.target.value || undefined)}>
        <option value="">{any}</option>
        {choices.map(([each, label]) => (
          <option key={each} value={each}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Taken when the field is left or Enter is pressed, so that not every letter is a request and a step of Back. */
function Typed({ name, placeholder, value, spoken, onChange }: { name: string; placeholder: string; value: string; spoken?: boolean; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setTyped(value);
  }
  return (
    <form
      className="chip chip-typed"
      data-set={value ? "" : undefined}
      onSubmit={(event) => {
        event.preventDefault();
        onChange(typed.trim());
      }}
    >
      <Icon name="search" />
      <input
        type="search"
        className={spoken ? "spoken" : ""}
        aria-label={name}
        placeholder={placeholder}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => typed.trim() !== value && onChange(typed.trim())}
      />
    </form>
  );
}
