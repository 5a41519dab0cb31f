/**
 * What waits to be played, at 8 kHz: sound in order, and the marks between. It is a jitter buffer too: after it
 * ran dry it begins again when some sound is there, and with more of it each time the network was late.
 */
import { fromUlaw } from "./ulaw.ts";

const PER_MS = 8;
/** The server sends 200 to 300 ms ahead, so what is late is mostly caught by that; this begins a reply. */
const LEAST_MS = 40;
const MOST_MS = 240;
const MORE_MS = 40;
/** Sound that comes so soon after the buffer ran dry was late, and no new sentence. */
const LATE_MS = 250;
/** So long without a gap, and less is waited for again. */
const CALM_MS = 20_000;
/** Cut sound fades, so that it does not click. */
const FADE_MS = 5;

type Waiting = Uint8Array | string;

export class Playout {
  #queue: Waiting[] = [];
  #offset = 0;
  #queued = 0;
  #tail: Float32Array = new Float32Array(0);
  #playing = false;
  #ahead = LEAST_MS * PER_MS;
  /** Samples since: it ran dry; the sound that is waited with came; the last gap. */
  #dry = Infinity;
  #held = 0;
  #calm = 0;

  /** How many milliseconds of sound are gathered before a reply begins. */
  get aheadMs(): number {
    return this.#ahead / PER_MS;
  }

  push(sound: Uint8Array): void {
    if (!this.#playing && this.#queued === 0) {
      this.#held = 0;
      if (this.#dry < LATE_MS * PER_MS) {
        this.#ahead = Math.min(this.#ahead + MORE_MS * PER_MS, MOST_MS * PER_MS);
        this.#calm = 0;
      }
    }
    this.#queue.push(sound);
    this.#queued += sound.length;
  }

  mark(name: string): void {
    this.#queue.push(name);
  }

  /** Drops what is not played, and names the marks that waited behind it. */
  clear(): string[] {
    const fade = new Float32Array(this.#playing ? Math.min(FADE_MS * PER_MS, this.#queued) : 0);
    this.#read(fade, () => {});
    this.#tail = fade.map((sample, index) => sample * (1 - index / fade.length));
    const marks = this.#queue.filter((each) => typeof each === "string");
    this.#queue = [];
    this.#offset = this.#queued = 0;
    this.#playing = false;
    this.#dry = Infinity;
    return marks;
  }

  /** The next samples, silence where there are none; `passed` is told each mark that is behind them. */
  pull(out: Float32Array, passed: (mark: string) => void): void {
    let begun = Math.min(this.#tail.length, out.length);
    out.set(this.#tail.subarray(0, begun));
    this.#tail = this.#tail.subarray(begun);
    if (!this.#playing && this.#queued > 0) {
      this.#held += out.length;
      this.#playing = this.#queued >= this.#ahead || this.#held >= this.#ahead;
    }
    if (this.#playing || this.#queued === 0) {
      begun += this.#read(out.subarray(begun), passed);
    }
    out.fill(0, begun);
    this.#note(out.length);
  }

  #note(samples: number): void {
    if (this.#queued > 0) {
      this.#calm += samples;
      if (this.#calm > CALM_MS * PER_MS) {
        this.#ahead = Math.max(this.#ahead - MORE_MS * PER_MS, LEAST_MS * PER_MS);
        this.#calm = 0;
      }
    } else {
      this.#dry = this.#playing ? 0 : this.#dry + samples;
      this.#playing = false;
    }
  }

  /** How many samples were written. Marks at the head are passed also where no sound waits. */
  #read(out: Float32Array, passed: (mark: string) => void): number {
    let written = 0;
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (typeof head === "string") {
        passed(head);
        this.#queue.shift();
        continue;
      }
      while (written < out.length && this.#offset < head.length) {
        out[written++] = fromUlaw(head[this.#offset++] ?? 0xff);
        this.#queued -= 1;
      }
      if (this.#offset < head.length) {
        break;
      }
      this.#queue.shift();
      this.#offset = 0;
    }
    return written;
  }
}
