/** The two voices about one line. */
export function Mark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path className="above" d="M2 9h2.6v2.4H2zM6.35 4h2.6v7.4h-2.6zM10.7 6.6h2.6v4.8h-2.6zM15.05 9.6h2.6v1.8h-2.6z" />
      <path className="below" d="M6.35 12.6h2.6v2h-2.6zM10.7 12.6h2.6V17h-2.6zM15.05 12.6h2.6v7.8h-2.6zM19.4 12.6H22V16h-2.6z" />
    </svg>
  );
}
