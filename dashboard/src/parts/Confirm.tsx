import { AlertDialog } from "radix-ui";
import { type ReactNode, useState } from "react";
import { texts } from "../texts";
import { Button, type Look } from "./Button";
import { Problem } from "./Problem";

/** Asks before something that cannot be undone. `act` may fail; then it says why, and stays. */
export function Confirm({
  open,
  onOpenChange,
  title,
  text,
  verb,
  look = "fault",
  act,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  text: ReactNode;
  verb: string;
  look?: Look;
  act: () => Promise<unknown>;
}) {
  const [problem, setProblem] = useState<Error | null>(null);
  const confirm = async () => {
    try {
      setProblem(null);
      await act();
      onOpenChange(false);
    } catch (wrong) {
      setProblem(wrong as Error);
    }
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={onOpenChange}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="veil" />
        <AlertDialog.Content className="dialog">
          <AlertDialog.Title asChild>
            <h2>{title}</h2>
          </AlertDialog.Title>
          <AlertDialog.Description className="soft">{text}</AlertDialog.Description>
          {problem && <Problem of={problem} />}
          <div className="actions">
            <AlertDialog.Cancel asChild>
              <Button>{texts.cancel}</Button>
            </AlertDialog.Cancel>
            <Button look={look} onClick={() => void confirm()}>
              {verb}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
