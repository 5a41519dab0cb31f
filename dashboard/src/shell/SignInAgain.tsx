import { Dialog } from "radix-ui";
import { useSyncExternalStore } from "react";
import { SignInForm } from "../pages/sign-in/SignInForm";
import { texts } from "../texts";
import { signedOut } from "./signed-out";

/** A session that ended is asked for again over the page, so that nothing typed there is lost. */
export function SignInAgain({ onSignedIn }: { onSignedIn: () => void }) {
  const open = useSyncExternalStore(signedOut.subscribe, signedOut.get);
  return (
    <Dialog.Root open={open}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className="dialog" onEscapeKeyDown={prevent} onInteractOutside={prevent}>
          <Dialog.Title asChild>
            <h2>{texts.signIn.again}</h2>
          </Dialog.Title>
          <Dialog.Description className="soft">{texts.signIn.againText}</Dialog.Description>
          <SignInForm
            onSignedIn={() => {
              signedOut.set(false);
              onSignedIn();
            }}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function prevent(event: Event): void {
  event.preventDefault();
}
