/** The page's clock: strips and lengths move with it, not with easing. One timer, however many calls there are. */
import { useEffect, useState } from "react";

const CALM = "(prefers-reduced-motion: reduce)";
const SECOND_MS = 1000;

/** Call `act` every `ms` while the page is in sight; once a second where motion is not wanted. */
export function everyTick(ms: number, act: (nowMs: number) => void): () => void {
  const step = matchMedia(CALM).matches ? Math.max(ms, SECOND_MS) : ms;
  const timer = setInterval(() => document.visibilityState === "visible" && act(performance.now()), step);
  return () => clearInterval(timer);
}

/** The page's clock in whole seconds. */
export function useSecond(): number {
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => everyTick(SECOND_MS, setNowMs), []);
  return nowMs;
}
