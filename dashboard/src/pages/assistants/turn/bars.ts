/** Voice as the drawings show it: bars above the line for the caller, below it for the agent. */

export interface Bar {
  x: number;
  y: number;
  height: number;
}

const STEP = 5;

/** Bars from `from` to `to`; the same places always have the same heights. */
export function bars(from: number, to: number, line: number, most: number, below: boolean): Bar[] {
  const found: Bar[] = [];
  for (let x = from; x + 3 <= to; x += STEP) {
    const wave = Math.abs(Math.sin(x * 0.083) * Math.sin(x * 0.31 + 1) + 0.35 * Math.sin(x * 0.9));
    const height = 4 + Math.min(1, wave) * (most - 4);
    found.push({ x, y: below ? line : line - height, height });
  }
  return found;
}
