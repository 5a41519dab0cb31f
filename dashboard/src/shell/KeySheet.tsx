import { Dialog } from "radix-ui";
import { Button } from "../parts/Button";
import { texts } from "../texts";
import { GO_KEYS } from "./go-keys";

const T = texts.keySheet;

/** The map of all keys. */
export function KeySheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const places = GO_KEYS.map((each) => [`g ${each.key}`, each.label] as const);
  return (
    <Dialog.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className="dialog key-sheet" aria-describedby={undefined}>
          <div className="flex items-center justify-between">
            <Dialog.Title asChild>
              <h2>{T.title}</h2>
            </Dialog.Title>
            <Dialog.Close asChild>
              <Button look="quiet" small icon="close" aria-label={texts.close} />
            </Dialog.Close>
          </div>
          <div className="key-groups">
            <KeyGroup title={T.everywhere.title} rows={[...T.everywhere.rows, ...places]} />
            <KeyGroup title={T.lists.title} rows={T.lists.rows} />
            <KeyGroup title={T.live.title} rows={T.live.rows} />
            <KeyGroup title={T.editor.title} rows={T.editor.rows} />
            <KeyGroup title={T.call.title} rows={T.call.rows} />
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function KeyGroup({ title, rows }: { title: string; rows: readonly (readonly string[])[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {rows.map(([keys = "", what]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
