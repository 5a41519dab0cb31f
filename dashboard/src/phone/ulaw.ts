/** Mu-law of G.711: one byte a sample, the sound of telephones. */

const BIAS = 0x84;
const LOUDEST = 32_635;
/** Nothing at all. */
export const SILENCE = 0xff;

const DECODED = Float32Array.from({ length: 256 }, (_, byte) => decoded(byte));

function decoded(byte: number): number {
  const code = ~byte & 0xff;
  const size = (((code & 0x0f) << 3) + BIAS) << ((code & 0x70) >> 4);
  return (code & 0x80 ? BIAS - size : size - BIAS) / 32_768;
}

/** One sample between -1 and 1. */
export function fromUlaw(byte: number): number {
  return DECODED[byte] ?? 0;
}

/** The byte of a sample between -1 and 1; louder ones are clipped. */
export function toUlaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const size = Math.min(LOUDEST, Math.round(Math.abs(sample) * 32_768)) + BIAS;
  const exponent = 31 - Math.clz32(size >> 7);
  return ~(sign | (exponent << 4) | ((size >> (exponent + 3)) & 0x0f)) & 0xff;
}
