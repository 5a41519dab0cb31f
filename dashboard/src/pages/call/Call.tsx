export function Call() {
  return <p>…</p>;
}
