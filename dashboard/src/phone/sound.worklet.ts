/**
 * The phone's ear and mouth, on the browser's audio thread: the microphone in frames of 20 ms, and what is sent
 * to be played. Without a microphone its frames are silence, because the call's clock is their number.
 */
import { Playout } from "./playout.ts";
import { Resampler } from "./resampler.ts";
import type { FromSound, ToSound } from "./sound-messages.ts";
import { toUlaw } from "./ulaw.ts";

const LINE_HZ = 8000;
const FRAME = 160;

declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

class PhoneSound extends AudioWorkletProcessor {
  readonly #hears = new Resampler(sampleRate, LINE_HZ);
  readonly #speaks = new Resampler(LINE_HZ, sampleRate);
  readonly #playout = new Playout();
  readonly #frame = new Float32Array(FRAME);
  readonly #silence = new Float32Array(128);
  #agent = 0;
  #over = false;

  constructor() {
    super();
    this.port.addEventListener("message", ({ data }: MessageEvent<ToSound>) => this.#take(data));
    this.port.start();
  }

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const out = outputs[0]?.[0];
    if (out) {
      this.#play(out);
      this.#hear(inputs[0]?.[0] ?? this.#silence.subarray(0, out.length));
    }
    return !this.#over;
  }

  #take(told: ToSound): void {
    if (told instanceof ArrayBuffer) {
      this.#playout.push(new Uint8Array(told));
    } else if ("mark" in told) {
      this.#playout.mark(told.mark);
    } else if ("clear" in told) {
      this.#playout.clear().forEach((mark) => this.#tell({ mark }));
    } else {
      this.#over = true;
    }
  }

  #play(out: Float32Array): void {
    const needed = new Float32Array(this.#speaks.missing(out.length));
    this.#playout.pull(needed, (mark) => this.#tell({ mark }));
    this.#agent = Math.max(this.#agent, loudest(needed));
    this.#speaks.push(needed);
    this.#speaks.pull(out);
  }

  #hear(samples: Float32Array): void {
    this.#hears.push(samples);
    while (this.#hears.missing(FRAME) === 0) {
      this.#hears.pull(this.#frame);
      const frame = Uint8Array.from(this.#frame, toUlaw).buffer;
      this.#tell({ frame, caller: loudest(this.#frame), agent: this.#agent }, [frame]);
      this.#agent = 0;
    }
  }

  #tell(what: FromSound, moved: Transferable[] = []): void {
    this.port.postMessage(what, moved);
  }
}

function loudest(samples: Float32Array): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

registerProcessor("phone", PhoneSound);
