import { useEffect, useRef } from "react";
import { draw } from "./draw";
import type { Loudness } from "./loudness";

/** Both voices about one line, the last seconds of them: the caller above, the agent below. */
export function Score({ loudness, moving }: { loudness: Loudness; moving: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const place = canvas.current;
    if (!place) {
      return undefined;
    }
    let [frame, drawn] = [0, -1];
    const step = () => {
      if (loudness.count !== drawn) {
        drawn = loudness.count;
        draw(place, loudness);
      }
      if (moving) {
        frame = requestAnimationFrame(step);
      }
    };
    step();
    return () => cancelAnimationFrame(frame);
  }, [loudness, moving]);
  return <canvas ref={canvas} className="handset-score" aria-hidden="true" />;
}
