import { type Pyramid, levelFor } from "./pyramid";

export interface Ink {
  caller: string;
  agent: string;
  middle: string;
}

/** Makes quiet speech visible beside loud one: a telephone's peaks lie mostly below a third. */
const CURVE = 0.7;

/** Two voices about one line: the caller above, the agent below. Draws what is in sight, one column a pixel. */
export function drawScore(context: CanvasRenderingContext2D, pyramid: Pyramid, fromMs: number, toMs: number, width: number, height: number, ink: Ink): void {
  const msPerPixel = (toMs - fromMs) / width;
  const level = levelFor(pyramid, msPerPixel);
  const stepMs = (1000 / pyramid.perSecond) * 2 ** level;
  const middle = height / 2;
  const legs = pyramid.levels[level];
  context.clearRect(0, 0, width, height);
  if (!legs) {
    return;
  }
  legs.forEach((leg, index) => {
    context.fillStyle = index === 0 ? ink.caller : ink.agent;
    for (let x = 0; x < width; x++) {
      const first = Math.floor((fromMs + x * msPerPixel) / stepMs);
      const last = Math.max(first, Math.ceil((fromMs + (x + 1) * msPerPixel) / stepMs) - 1);
      let loud = 0;
      for (let step = first; step <= last; step++) {
        loud = Math.max(loud, leg[step] ?? 0);
      }
      const tall = loud ** CURVE * (middle - 1);
      if (tall >= 0.5) {
        context.fillRect(x, index === 0 ? middle - tall : middle, 1, tall);
      }
    }
  });
  context.fillStyle = ink.middle;
  context.fillRect(0, middle - 0.5, width, 1);
}
