import { useState } from "react";
import { texts } from "../texts";
import { Button } from "./Button";

const SHOWN_MS = 1600;

/** Text that machines read, with a button that takes it along. */
export function Copy({ text }: { text: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), SHOWN_MS);
  };
  return (
    <div className="copy">
      <code>{breakable(text)}</code>
      <Button look="quiet" small icon={done ? "done" : "copy"} onClick={() => void copy()}>
        <span aria-live="polite">{done ? texts.copy.done : texts.copy.do}</span>
      </Button>
    </div>
  );
}

/** An address may break behind a slash. */
function breakable(text: string) {
  return text.split(/(?<=\/)/).map((part, index) => (
    <span key={index}>
      {part}
      <wbr />
    </span>
  ));
}
