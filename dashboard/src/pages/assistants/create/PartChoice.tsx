import { Icon, type IconName } from "../../../parts/Icon";
import { fill, texts } from "../../../texts";
import type { Choice, Family } from "./choices";

const T = texts.assistants;
const ICONS: Readonly<Record<Family, IconName>> = { stt: "ear", llm: "mind", tts: "voice" };

/** Who hears, thinks or speaks: chosen by itself from what the credentials open, or named. */
export function PartChoice({ family, chosen, choices, value, onChange }: { family: Family; chosen: string | undefined; choices: readonly Choice[]; value: string; onChange: (value: string) => void }) {
  return (
    <div className="part-choice">
      <span id={`part-${family}`}>
        <Icon name={ICONS[family]} />
        {T.parts[family]}
      </span>
      <select className="input" aria-labelledby={`part-${family}`} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{chosen ? fill(T.chosen, { name: chosen }) : T.choosing}</option>
        {choices.map((each) => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </select>
    </div>
  );
}
