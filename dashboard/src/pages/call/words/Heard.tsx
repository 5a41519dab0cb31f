import type { Timeline } from "../../../client";
import { texts } from "../../../texts";

/** A line's words; those that never reached the ear are struck through. */
export function Heard({ line }: { line: Timeline["lines"][number] }) {
  if (!line.cut) {
    return line.text;
  }
  const heard = line.text.startsWith(line.heard) ? line.heard : "";
  const unheard = (heard ? line.text.slice(heard.length) : line.text).trimStart();
  return (
    <>
      {heard.trimEnd()}{" "}
      <s title={texts.call.struckText}>{unheard}</s>
    </>
  );
}
