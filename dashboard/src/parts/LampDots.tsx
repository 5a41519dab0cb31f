/** One lamp for each call that the server would carry, of at most so many drawn; lit for each in progress. */
export function LampDots({ lit, of, most }: { lit: number; of: number; most: number }) {
  const drawn = Math.min(of, most);
  const shown = Math.min(drawn, of > most && lit > 0 ? Math.max(1, Math.round((lit / of) * drawn)) : lit);
  return (
    <span className="lamp-dots" aria-hidden="true">
      {Array.from({ length: drawn }, (_, index) => (
        <i key={index} data-lit={index < shown ? "" : undefined} />
      ))}
    </span>
  );
}
