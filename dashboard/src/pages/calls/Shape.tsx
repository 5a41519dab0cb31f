/** A call as two voices about one line, as long as it was; longer ones fill the column. */

const WIDTH_PX = 120;
const HIGH_PX = 26;
const STEP_PX = 3;
const BAR_PX = 2;
/** The length that fills the column. */
const MOST_MS = 240_000;
const LOUDEST = 127;
const CURVE = 0.7;

export function Shape({ shape, ms }: { shape: string | null; ms: number }) {
  const bytes = shape === null ? "" : atob(shape);
  const steps = bytes.length / 2;
  if (steps < 1) {
    return <span className="shape-none" aria-hidden="true" />;
  }
  const width = Math.max(4 * STEP_PX, (Math.min(ms, MOST_MS) / MOST_MS) * WIDTH_PX);
  const bars = Math.floor(width / STEP_PX);
  const middle = HIGH_PX / 2;
  const leg = (first: number, up: boolean) =>
    Array.from({ length: bars }, (_, bar) => {
      const [from, to] = [Math.floor((bar * steps) / bars), Math.max(Math.floor((bar * steps) / bars) + 1, Math.floor(((bar + 1) * steps) / bars))];
      const loud = Math.max(...Array.from({ length: to - from }, (_, step) => bytes.charCodeAt(first + from + step))) / LOUDEST;
      const tall = Math.min(1, loud) ** CURVE * (middle - 1);
      return tall < 0.5 ? "" : `M${bar * STEP_PX} ${middle}v${(up ? -tall : tall).toFixed(1)}h${BAR_PX}v${(up ? tall : -tall).toFixed(1)}z`;
    }).join("");
  return (
    <svg className="shape" viewBox={`0 0 ${WIDTH_PX} ${HIGH_PX}`} aria-hidden="true">
      <path d={`M0 ${middle}h${bars * STEP_PX}`} className="shape-line" />
      <path d={leg(0, true)} className="shape-caller" />
      <path d={leg(steps, false)} className="shape-agent" />
    </svg>
  );
}
