/** The latest replies as bars, the slowest of them in the caller's colour. */
const SHOWN = 15;
const STEP_PX = 8;
const BAR_PX = 6;
const HIGH_PX = 28;

export function WaitBars({ waits }: { waits: readonly number[] }) {
  const shown = waits.slice(-SHOWN);
  const most = Math.max(...shown);
  return (
    <svg className="wait-bars" viewBox={`0 0 ${SHOWN * STEP_PX} ${HIGH_PX}`} aria-hidden="true">
      {shown.map((ms, index) => (
        <rect key={index} x={index * STEP_PX} width={BAR_PX} y={HIGH_PX * (1 - ms / most)} height={(HIGH_PX * ms) / most} data-most={ms === most ? "" : undefined} />
      ))}
    </svg>
  );
}
