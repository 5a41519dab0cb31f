import { type ReactNode, createContext, useContext, useEffect, useMemo, useState } from "react";
import { Playhead, usePlayhead } from "./playhead";

export const ZOOMS = ["all", "20", "5"] as const;
export type Zoom = (typeof ZOOMS)[number];

/** What part of the call is in sight. Lanes place their marks by it and never measure themselves. */
export interface Axis {
  fromMs: number;
  toMs: number;
  durationMs: number;
  playhead: Playhead;
  zoom: Zoom;
  setZoom: (zoom: Zoom) => void;
  /** The place of an instant, as a CSS length of the lane's width. */
  left: (ms: number) => string;
  width: (fromMs: number, toMs: number) => string;
  isShown: (fromMs: number, toMs: number) => boolean;
}

const Context = createContext<Axis | null>(null);
/** Where the playhead stands in the window after a page was turned, so that something of before stays in sight. */
const LEAD = 0.15;

export function TimeAxis({ durationMs, playhead, children }: { durationMs: number; playhead: Playhead; children: ReactNode }) {
  const [zoom, setZoom] = useState<Zoom>("all");
  const spanMs = zoom === "all" ? durationMs : Math.min(durationMs, Number(zoom) * 1000);
  const fromMs = useWindowFrom(playhead, spanMs, durationMs);
  const axis = useMemo<Axis>(() => {
    const toMs = fromMs + spanMs;
    const share = (ms: number) => ((ms - fromMs) / spanMs) * 100;
    return {
      fromMs,
      toMs,
      durationMs,
      playhead,
      zoom,
      setZoom,
      left: (ms) => `${share(ms).toFixed(3)}%`,
      width: (start, end) => `${(((end - start) / spanMs) * 100).toFixed(3)}%`,
      isShown: (start, end) => end >= fromMs && start <= toMs,
    };
  }, [fromMs, spanMs, durationMs, playhead, zoom]);
  return <Context.Provider value={axis}>{children}</Context.Provider>;
}

export function useAxis(): Axis {
  const axis = useContext(Context);
  if (!axis) {
    throw new Error("a lane outside of a TimeAxis");
  }
  return axis;
}

/** The window turns like a page when the playhead leaves it. */
function useWindowFrom(playhead: Playhead, spanMs: number, durationMs: number): number {
  const [fromMs, setFromMs] = useState(0);
  const page = (ms: number) => Math.max(0, Math.min(durationMs - spanMs, ms - LEAD * spanMs));
  const isOut = usePlayhead(playhead, ({ ms }) => ms < fromMs || ms > fromMs + spanMs);
  useEffect(() => {
    setFromMs(page(playhead.ms));
    // Only where the span changed or the playhead left.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [spanMs, isOut, durationMs]);
  return Math.max(0, Math.min(fromMs, durationMs - spanMs));
}
