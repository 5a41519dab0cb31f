/** Sound of one rate at another, as it comes: a windowed sinc, whose kernel is read from a table. */

/** Zero crossings on each side: what aliases lies 50 dB below. */
const CROSSINGS = 12;
/** Of the lower rate's band this much is kept, the rest is the filter's slope. */
const KEPT = 0.9;
/** Table entries between two zero crossings: nearer than mu-law's own steps. */
const FINE = 256;

const KERNEL = Float32Array.from({ length: CROSSINGS * FINE + 2 }, (_, index) => {
  const x = index / FINE;
  if (x >= CROSSINGS) {
    return 0;
  }
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  const at = (Math.PI * x) / CROSSINGS;
  return sinc * (0.42 + 0.5 * Math.cos(at) + 0.08 * Math.cos(2 * at)); // Blackman
});

export class Resampler {
  readonly #step: number;
  readonly #scale: number;
  readonly #half: number;
  /** What went in, from `#half` samples before the next one that comes out. */
  #kept: Float32Array;
  #length: number;
  #at: number;

  constructor(fromHz: number, toHz: number) {
    this.#step = fromHz / toHz;
    this.#scale = Math.min(1, toHz / fromHz) * KEPT;
    this.#half = Math.ceil(CROSSINGS / this.#scale);
    this.#kept = new Float32Array(8 * this.#half);
    this.#length = this.#half;
    this.#at = this.#half;
  }

  /** How many samples must still go in before `count` can come out. */
  missing(count: number): number {
    return Math.max(0, Math.floor(this.#at + (count - 1) * this.#step) + this.#half + 1 - this.#length);
  }

  push(samples: Float32Array): void {
    if (this.#length + samples.length > this.#kept.length) {
      this.#forget(samples.length);
    }
    this.#kept.set(samples, this.#length);
    this.#length += samples.length;
  }

  /** Fills `out`; `missing` must have said 0. */
  pull(out: Float32Array): void {
    for (let index = 0; index < out.length; index++) {
      out[index] = this.#read(this.#at);
      this.#at += this.#step;
    }
  }

  #read(at: number): number {
    const first = Math.ceil(at - this.#half);
    const last = Math.floor(at + this.#half);
    let sum = 0;
    for (let index = first; index <= last; index++) {
      sum += (this.#kept[index] ?? 0) * (KERNEL[Math.round(Math.abs(at - index) * this.#scale * FINE)] ?? 0);
    }
    return sum * this.#scale;
  }

  #forget(room: number): void {
    const done = Math.floor(this.#at) - this.#half;
    const rest = this.#length - done;
    if (rest + room > this.#kept.length) {
      const longer = new Float32Array(2 * (rest + room));
      longer.set(this.#kept.subarray(done, this.#length));
      this.#kept = longer;
    } else {
      this.#kept.copyWithin(0, done, this.#length);
    }
    this.#at -= done;
    this.#length = rest;
  }
}
