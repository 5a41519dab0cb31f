import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { SERVER } from "../../api/server";
import { LampDots } from "../../parts/LampDots";
import { median } from "../../parts/stages";
import { count, fill, texts } from "../../texts";
import { seconds } from "../../words/times";
import type { Board } from "./board";
import { WaitBars } from "./WaitBars";

const T = texts.live;
const MOST_LAMPS = 20;
/** One in so many is slower than the slow reply that is told. */
const ONE_IN = 20;

/** How many there are, against how many the server would carry, and how fast they are answered. */
export function Numbers({ board, now, waiting }: { board: Board; now: number; waiting: string }) {
  const waits = useSyncExternalStore(board.subscribe, () => board.waits);
  const { data: server } = useQuery(SERVER);
  const slow = waits.toSorted((a, b) => a - b)[Math.ceil(waits.length * (1 - 1 / ONE_IN)) - 1];
  return (
    <>
      <p className="live-count">
        <b>{now}</b>
        <span>
          {count(T.now, now)}
          {server && <em>{fill(T.most, { n: server.calls_at_most })}</em>}
        </span>
      </p>
      {server && <LampDots lit={server.calls_now} of={server.calls_at_most} most={MOST_LAMPS} />}
      <dl className="live-numbers">
        <div>
          <dt>{T.usual}</dt>
          <dd>
            <InSeconds ms={waits.length > 0 ? median(waits) : undefined} />
            {waits.length > 1 && <WaitBars waits={waits} />}
          </dd>
        </div>
        <div>
          <dt>{T.slow}</dt>
          <dd>
            <InSeconds ms={slow} />
          </dd>
        </div>
        <div>
          <dt>{T.waiting}</dt>
          <dd>{waiting}</dd>
        </div>
      </dl>
    </>
  );
}

function InSeconds({ ms }: { ms: number | undefined }) {
  return ms === undefined ? (
    <span className="faint">{texts.calls.none}</span>
  ) : (
    <>
      {seconds(ms)} <small>{texts.time.s}</small>
    </>
  );
}
