/** A text of the API, in which `backticks` frame what machines read. */
export function Marked({ text }: { text: string }) {
  return text.split("`").map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part));
}
