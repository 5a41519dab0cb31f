import type { VaultView } from "../../client";
import { fill, texts } from "../../texts";

const T = texts.settings.keys;
const STEPS = ["make", "load", "first", "rotate", "drop"] as const;
type Step = (typeof STEPS)[number];

/** The five steps of a move to a new key: what is done, what comes next, and which server it waits for. */
export function MoveSteps({ vault }: { vault: VaultView }) {
  const now: Step = vault.move.step === "none" ? "make" : vault.move.step;
  const current = STEPS.indexOf(now);
  return (
    <ol className="move">
      {STEPS.map((step, at) => (
        <li key={step} data-state={at < current ? "done" : undefined} aria-current={at === current ? "step" : undefined}>
          <b>
            {at + 1}. {fill(T.steps[step], { old: oldKeys(vault) || T.theOld })}
          </b>
          <span>{told(vault, step, at - current)}</span>
        </li>
      ))}
    </ol>
  );
}

function told(vault: VaultView, step: Step, ahead: number): string {
  const { move } = vault;
  const values = { key: move.key_id, old: oldKeys(vault) || T.theOld, servers: move.waits_for.join(", ") };
  const table = ahead < 0 ? T.done : ahead > 0 ? T.later : T.next;
  return fill(table[step], values);
}

function oldKeys(vault: VaultView): string {
  const { step, key_id } = vault.move;
  return step === "none" ? "" : vault.keys.filter((each) => each.id !== key_id).map((each) => each.id).join(", ");
}
