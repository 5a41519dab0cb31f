import type { ProviderView } from "../../client";
import { Icon, type IconName } from "../../parts/Icon";
import { texts } from "../../texts";

const FAMILIES = ["telephony", "stt", "llm", "tts", "embeddings", "tools"] as const;
const ICONS: Readonly<Record<(typeof FAMILIES)[number], IconName>> = { telephony: "line", stt: "ear", llm: "mind", tts: "voice", embeddings: "search", tools: "tool" };

/** Providers that take a credential, by what they are for; one that serves several families stands in its first. */
export function ProviderChoice({ providers, value, onChange }: { providers: readonly ProviderView[]; value: string; onChange: (name: string) => void }) {
  const taking = providers.filter((each) => each.credential !== null);
  const first = new Map(taking.toReversed().map((each) => [each.name, each.family]));
  return (
    <fieldset className="provider-choice">
      <legend className="field-label">{texts.credentials.provider}</legend>
      {FAMILIES.map((family) => {
        const found = taking.filter((each) => each.family === family && first.get(each.name) === family);
        return (
          found.length > 0 && (
            <div key={family}>
              <span className="family">
                <Icon name={ICONS[family]} />
                {texts.credentials.families[family]}
              </span>
              <span className="choices">
                {found.map((each) => (
                  <label key={each.name} data-chosen={each.name === value ? "" : undefined}>
                    <input type="radio" name="provider" value={each.name} checked={each.name === value} onChange={() => onChange(each.name)} />
                    {each.name}
                  </label>
                ))}
              </span>
            </div>
          )
        );
      })}
    </fieldset>
  );
}
