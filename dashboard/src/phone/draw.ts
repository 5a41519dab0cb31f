/** The bars of a call's loudness on a canvas, in the colours that its style gives. */
import type { Loudness } from "./loudness.ts";

const GAP = 0.5;

export function draw(canvas: HTMLCanvasElement, loudness: Loudness): void {
  const paint = canvas.getContext("2d");
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!paint || !width) {
    return;
  }
  const fine = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * fine);
  canvas.height = Math.round(height * fine);
  paint.scale(fine, fine);
  const style = getComputedStyle(canvas);
  const [middle, step] = [height / 2, width / loudness.caller.length];
  paint.fillStyle = style.getPropertyValue("--line");
  paint.fillRect(0, middle - 0.5, width, 1);
  const shown = Math.min(loudness.count, loudness.caller.length);
  for (let index = 0; index < shown; index++) {
    const at = (loudness.count - shown + index) % loudness.caller.length;
    const up = (loudness.caller[at] ?? 0) * (middle - 2);
    const down = (loudness.agent[at] ?? 0) * (middle - 2);
    paint.fillStyle = style.getPropertyValue("--above");
    paint.fillRect(index * step, middle - 1 - up, step * GAP, up);
    paint.fillStyle = style.getPropertyValue("--below");
    paint.fillRect(index * step, middle + 1, step * GAP, down);
  }
}
