export function Calls() {
  return <p>…</p>;
}
