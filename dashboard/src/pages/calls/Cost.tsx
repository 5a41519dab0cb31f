import type { ListedConversation } from "../../client";
import { fill, texts } from "../../texts";

/** What a call cost at the project's own rates; what has no rate is said, since the sum then lacks it. */
export function Cost({ of }: { of: NonNullable<ListedConversation["cost"]> }) {
  const missing = of.missing_rates.length > 0 ? fill(texts.calls.noRate, { what: of.missing_rates.join(", ") }) : undefined;
  if (missing && Number(of.amount) === 0) {
    return (
      <span className="faint" title={missing}>
        {texts.calls.noRates}
      </span>
    );
  }
  return (
    <span title={missing ?? of.currency}>
      {missing && "≥ "}
      {Number(of.amount).toFixed(4)} <span className="faint">{of.currency}</span>
    </span>
  );
}
