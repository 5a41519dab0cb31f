import { Dialog } from "radix-ui";
import { Button } from "../../../parts/Button";
import { fill, texts } from "../../../texts";
import { inWords } from "../fields/Was";
import { nameOf } from "../fields/editing";
import { type Difference, differences } from "../fields/paths";
import type { Draft, Saved } from "./useDraft";

const T = texts.assistant;

/** Somebody saved meanwhile: both changes field by field, and nothing of either is lost. */
export function StaleSave({ draft, theirs }: { draft: Draft; theirs: Saved }) {
  const other = new Map(differences(draft.base.body, theirs.body).map((each) => [each.field, each]));
  const mine = new Map(draft.changes.map((each) => [each.field, each]));
  const fields = [...new Set([...other.keys(), ...mine.keys()])];
  return (
    <Dialog.Root open onOpenChange={(open) => !open && draft.later()}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className="dialog stale">
          <Dialog.Title asChild>
            <h2>{fill(T.staleTitle, { n: theirs.version })}</h2>
          </Dialog.Title>
          <Dialog.Description className="soft">{fill(T.staleText, { n: theirs.version, base: draft.base.version })}</Dialog.Description>
          <table className="stale-fields">
            <thead>
              <tr>
                <th scope="col">{T.field}</th>
                <th scope="col">{fill(T.inVersion, { n: theirs.version })}</th>
                <th scope="col">{T.mine}</th>
              </tr>
            </thead>
            <tbody>
              {fields.map((field) => (
                <tr key={field} data-both={other.has(field) && mine.has(field) ? "" : undefined}>
                  <th scope="row">{nameOf(field)}</th>
                  <Cell of={other.get(field)} />
                  <Cell of={mine.get(field)} />
                </tr>
              ))}
            </tbody>
          </table>
          <div className="actions">
            <Button onClick={draft.takeTheirs}>{fill(T.takeTheirs, { n: theirs.version })}</Button>
            <Button look="act" onClick={draft.layOver}>
              {fill(T.layOver, { n: theirs.version })}
            </Button>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Cell({ of: change }: { of: Difference | undefined }) {
  return <td>{change ? inWords(change.after) : <span className="faint">{T.unchanged}</span>}</td>;
}
