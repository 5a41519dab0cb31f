import { useEffect, useRef } from "react";
import { fit, inkOf, useSize, useTheme } from "../../parts/canvas";
import type { BoardCall } from "./call";
import { INK, drawStrip } from "./draw";
import { SLOT_MS } from "./sound";
import { everyTick } from "./ticks";

/** The last half minute of a call's sound. It is drawn beside React: only strips in sight exist, ten times a second. */
export function StripScore({ call }: { call: BoardCall }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(canvas);
  const theme = useTheme();
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || size.width === 0) {
      return undefined;
    }
    const dense = fit(element, size);
    const ink = inkOf(element, INK);
    const draw = (nowMs: number) => drawStrip(context, call, nowMs, element.width, element.height, dense, ink);
    draw(performance.now());
    return everyTick(SLOT_MS, draw);
  }, [call, size, theme]);
  return <canvas ref={canvas} className="strip-score" aria-hidden="true" />;
}
