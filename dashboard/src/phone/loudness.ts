/** How loud both parties were lately, for whoever draws it. It is written fifty times a second, so nobody is told. */

const FRAMES_PER_BAR = 5;
export const BAR_MS = FRAMES_PER_BAR * 20;
/** What a quiet voice reaches: bars below look like silence. */
const FLOOR = 0.015;

export class Loudness {
  readonly caller: Float32Array;
  readonly agent: Float32Array;
  /** How many bars there have been. The newest stands at `(count - 1) % length`. */
  count = 0;
  #frames = 0;

  constructor(bars = 140) {
    this.caller = new Float32Array(bars);
    this.agent = new Float32Array(bars);
  }

  add(caller: number, agent: number): void {
    if (this.#frames % FRAMES_PER_BAR === 0) {
      this.count += 1;
      this.caller[this.#now] = this.agent[this.#now] = 0;
    }
    this.#frames += 1;
    this.caller[this.#now] = Math.max(this.caller[this.#now] ?? 0, shown(caller));
    this.agent[this.#now] = Math.max(this.agent[this.#now] ?? 0, shown(agent));
  }

  get #now(): number {
    return (this.count - 1) % this.caller.length;
  }
}

/** Between 0 and 1, as the ear hears it rather than as the wave stands. */
function shown(loudest: number): number {
  return loudest < FLOOR ? 0 : Math.min(1, Math.sqrt(loudest));
}
