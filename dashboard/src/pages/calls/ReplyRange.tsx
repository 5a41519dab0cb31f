import { seconds } from "../../words/times";

/** Where the ruler of the whisker ends; what is slower ends there too. */
const MOST_MS = 4000;
const SLOW_MS = 1500;

/** From the usual reply to the slowest one, on a ruler of seconds. */
export function ReplyRange({ usual, slowest }: { usual: number; slowest: number }) {
  const x = (ms: number) => `${(Math.min(ms, MOST_MS) / MOST_MS) * 100}%`;
  const slow = slowest > SLOW_MS && slowest > 1.5 * usual;
  return (
    <span className="range" data-slow={slow ? "" : undefined}>
      <span className="range-ruler" aria-hidden="true">
        <i style={{ left: x(usual), width: `calc(${x(slowest)} - ${x(usual)})` }} />
      </span>
      <span>{seconds(usual)}</span>
      <b>{seconds(slowest)}</b>
    </span>
  );
}
