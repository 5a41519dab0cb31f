import { useEffect, useRef } from "react";
import { fit, inkOf, useSize, useTheme } from "../../../parts/canvas";
import { useAxis } from "../axis/TimeAxis";
import { drawScore } from "./draw";
import type { Pyramid } from "./pyramid";

const INK = { caller: "--caller-fill", agent: "--agent-fill", middle: "--edge" } as const;

/** The recording's outline in a canvas as wide as what is in sight. */
export function Score({ pyramid }: { pyramid: Pyramid }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { fromMs, toMs } = useAxis();
  const size = useSize(canvas);
  const theme = useTheme();
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || size.width === 0) {
      return;
    }
    fit(element, size);
    drawScore(context, pyramid, fromMs, toMs, element.width, element.height, inkOf(element, INK));
  }, [pyramid, fromMs, toMs, size, theme]);
  return <canvas ref={canvas} className="score" aria-hidden="true" />;
}
