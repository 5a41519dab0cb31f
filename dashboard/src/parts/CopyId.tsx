import { useState } from "react";
import { Icon } from "./Icon";

const SHOWN_MS = 1600;

/** A number that machines go by; a click takes it along. */
export function CopyId({ id, label }: { id: string; label: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(id);
    setDone(true);
    setTimeout(() => setDone(false), SHOWN_MS);
  };
  return (
    <button type="button" className="copy-id" title={label} aria-label={`${label}: ${id}`} onClick={() => void copy()}>
      <code>{id}</code>
      <Icon name={done ? "done" : "copy"} />
    </button>
  );
}
