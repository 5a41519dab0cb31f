import { Icon } from "../../parts/Icon";
import { texts } from "../../texts";

const STEPS = ["owner", "call", "number"] as const;

/** Where a first run stands. */
export function Steps({ at }: { at: (typeof STEPS)[number] }) {
  const now = STEPS.indexOf(at);
  return (
    <ol className="steps" aria-label={texts.welcome.steps}>
      {STEPS.map((each, index) => (
        <li key={each} aria-current={index === now ? "step" : undefined} data-done={index < now ? "" : undefined}>
          <i aria-hidden="true">{index < now ? <Icon name="done" /> : index + 1}</i>
          {texts.welcome[each]}
        </li>
      ))}
    </ol>
  );
}
