import { type ReactNode, useState } from "react";
import { Area } from "../../../parts/Area";
import { texts } from "../../../texts";

/** Anything that has no shape of its own, as JSON. What is no JSON stays as it was typed, and is told. */
export function DataField({ label, api, hint, wrong, disabled, value, onChange }: { label: string; api?: string; hint?: ReactNode; wrong?: string; disabled: boolean; value: unknown; onChange: (value: unknown) => void }) {
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? (value === undefined ? "" : JSON.stringify(value, null, 2));
  const change = (now: string) => {
    setTyped(now);
    try {
      onChange(now.trim() === "" ? undefined : JSON.parse(now));
    } catch {
      // The draft keeps the last text that was JSON.
    }
  };
  return (
    <Area
      label={label}
      api={api}
      className="mono"
      rows={Math.min(10, text.split("\n").length + 1)}
      spellCheck={false}
      hint={hint}
      wrong={typed !== null && !isJson(typed) ? texts.assistant.noJson : wrong}
      disabled={disabled}
      value={text}
      onChange={(event) => change(event.target.value)}
      onBlur={() => typed !== null && isJson(typed) && setTyped(null)}
    />
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text || "null");
    return true;
  } catch {
    return false;
  }
}
