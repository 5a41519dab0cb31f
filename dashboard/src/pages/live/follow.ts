import { followCalls } from "../../client";
import type { Board, Told } from "./board";

export interface Following {
  /** Whether events come in. */
  on: boolean;
  /** Since when that is so; null before the first answer. */
  since: Date | null;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

/** Keep a board up to date until the returned function is called; what breaks is tried again, from where it was. */
export function follow(board: Board, say: (following: Following) => void): () => void {
  const over = new AbortController();
  void keepOn(board, say, over.signal);
  return () => over.abort();
}

async function keepOn(board: Board, say: (following: Following) => void, over: AbortSignal): Promise<void> {
  let last: number | undefined;
  let waitMs = FIRST_WAIT_MS;
  let isOn = false;
  while (!over.aborted) {
    // oxlint-disable-next-line no-await-in-loop -- one connection after the other
    const { stream } = await followCalls({
      // Of an empty board nothing was missed, and an answer at once tells that it is followed again.
      headers: last === undefined || board.order.length === 0 ? {} : { "last-event-id": last },
      signal: over,
      sseMaxRetryAttempts: 1,
      onSseEvent: ({ event, data, id }) => {
        if (!isOn) {
          isOn = true;
          waitMs = FIRST_WAIT_MS;
          say({ on: true, since: new Date() });
        }
        last = id === undefined ? last : Number(id);
        if (event !== undefined) {
          // The generated client types the whole event, and hands over what its data parses to.
          board.take(event as keyof Told, data as unknown as Told[keyof Told], performance.now());
        }
      },
    });
    // oxlint-disable-next-line no-await-in-loop -- events are taken as they come
    while (!(await stream.next()).done) {}
    if (isOn && !over.aborted) {
      isOn = false;
      say({ on: false, since: new Date() });
    }
    // oxlint-disable-next-line no-await-in-loop -- a server that is away is not asked at once
    await pause(waitMs, over);
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }
}

function pause(ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    over.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
