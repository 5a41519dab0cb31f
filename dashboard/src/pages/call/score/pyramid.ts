/** Peaks of a call's two legs, summed up by powers of two, so that any zoom is drawn from about one step a pixel. */
import type { Peaks } from "../../../client";

export interface Pyramid {
  /** How many steps of the finest level a second has. */
  perSecond: number;
  /** By level, then by leg (the caller's first): how loud each step is, 0 to 1. */
  levels: readonly (readonly [Float32Array, Float32Array])[];
}

const LOUDEST = 127;

export function pyramidOf(peaks: Peaks): Pyramid {
  const legs = [0, 1].map((leg) => {
    const loud = new Float32Array(peaks.length);
    for (let step = 0; step < peaks.length; step++) {
      const at = (step * peaks.channels + Math.min(leg, peaks.channels - 1)) * 2;
      loud[step] = Math.max(Math.abs(peaks.data[at] ?? 0), Math.abs(peaks.data[at + 1] ?? 0)) / LOUDEST;
    }
    return loud;
  }) as [Float32Array, Float32Array];
  const levels: [Float32Array, Float32Array][] = [legs];
  while ((levels.at(-1)?.[0].length ?? 0) > 64) {
    const [caller, agent] = levels.at(-1) as [Float32Array, Float32Array];
    levels.push([halved(caller), halved(agent)]);
  }
  return { perSecond: peaks.sample_rate / peaks.samples_per_pixel, levels };
}

/** The louder of each two. */
function halved(loud: Float32Array): Float32Array {
  return Float32Array.from({ length: Math.ceil(loud.length / 2) }, (_, step) => Math.max(loud[2 * step] ?? 0, loud[2 * step + 1] ?? 0));
}

/** The level of which a pixel shows at least one step. */
export function levelFor(pyramid: Pyramid, msPerPixel: number): number {
  const stepsPerPixel = (msPerPixel / 1000) * pyramid.perSecond;
  return Math.max(0, Math.min(pyramid.levels.length - 1, Math.floor(Math.log2(Math.max(1, stepsPerPixel)))));
}
