import { Fragment } from "react";

/** A sentence of the API, with what stands `between ticks` as machine text. */
export function Ticks({ text }: { text: string }) {
  return text.split("`").map((part, index) => (index % 2 ? <code key={index}>{part}</code> : <Fragment key={index}>{part}</Fragment>));
}
