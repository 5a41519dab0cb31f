import { Dialog } from "radix-ui";
import type { ReactNode } from "react";
import { texts } from "../texts";
import { Button } from "./Button";

/** A form laid beside what it changes; on the phone it is a page of its own. */
export function SideSheet({ open, title, onClose, children }: { open: boolean; title: string; onClose: () => void; children: ReactNode }) {
  return (
    <Dialog.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className="side-sheet" aria-describedby={undefined}>
          <div className="flex items-center justify-between">
            <Dialog.Title asChild>
              <h2>{title}</h2>
            </Dialog.Title>
            <Dialog.Close asChild>
              <Button look="quiet" small icon="close" aria-label={texts.close} />
            </Dialog.Close>
          </div>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
