import assert from "node:assert/strict";
import { test } from "node:test";
import { Playout } from "./playout.ts";
import { Resampler } from "./resampler.ts";
import { fromUlaw, SILENCE, toUlaw } from "./ulaw.ts";

const sound = (bytes: number, byte = 0x20) => new Uint8Array(bytes).fill(byte);
const none = () => {};

test("every byte of mu-law is decoded to a sample that encodes to it", () => {
  for (let byte = 0; byte < 256; byte++) {
    const again = toUlaw(fromUlaw(byte));
    assert.ok(again === byte || (byte === 0x7f && again === SILENCE), `${byte} became ${again}`); // two zeros
  }
  assert.equal(toUlaw(0), SILENCE);
  assert.equal(toUlaw(2), toUlaw(1));
});

test("a tone keeps its loudness through both resamplers, and what the line cannot carry is gone", () => {
  const rms = (hz: number) => {
    const down = new Resampler(48_000, 8000);
    const out = new Float32Array(800);
    let sent = 0;
    for (const part of [0, 1]) {
      while (down.missing(out.length) > 0) {
        down.push(Float32Array.from({ length: 128 }, () => Math.sin((2 * Math.PI * hz * sent++) / 48_000)));
      }
      down.pull(out);
      assert.ok(part < 2);
    }
    return Math.sqrt(out.reduce((sum, each) => sum + each * each, 0) / out.length);
  };
  assert.ok(Math.abs(rms(1000) - Math.SQRT1_2) < 0.01);
  assert.ok(rms(6000) < 0.003, "50 dB below");
});

test("rates that are no multiples of each other keep time", () => {
  const up = new Resampler(8000, 44_100);
  const out = new Float32Array(128);
  let taken = 0;
  for (let quantum = 0; quantum < 1000; quantum++) {
    const needed = up.missing(out.length);
    taken += needed;
    up.push(new Float32Array(needed));
    up.pull(out);
  }
  assert.ok(Math.abs(taken / 8000 - 128_000 / 44_100) < 0.01);
});

test("a mark is passed when all before it was played, and one behind nothing at once", () => {
  const playout = new Playout();
  const passed: string[] = [];
  const pull = (count: number) => playout.pull(new Float32Array(count), (mark) => passed.push(mark));
  playout.mark("at once");
  pull(8);
  assert.deepEqual(passed, ["at once"]);
  playout.push(sound(400));
  playout.mark("after 50 ms");
  pull(399);
  assert.deepEqual(passed, ["at once"]);
  pull(8);
  assert.deepEqual(passed, ["at once", "after 50 ms"]);
});

test("what is cleared is not played but fades, and its marks come back", () => {
  const playout = new Playout();
  playout.push(sound(800));
  playout.mark("end");
  playout.pull(new Float32Array(400), none);
  assert.deepEqual(playout.clear(), ["end"]);
  const out = new Float32Array(80);
  playout.pull(out, none);
  assert.ok(Math.abs(out[1] ?? 0) > Math.abs(out[30] ?? 0));
  assert.deepEqual(out.subarray(40), new Float32Array(40));
});

test("a short sound waits for no more than the buffer holds, and late ones make it hold more", () => {
  const playout = new Playout();
  const pull = () => {
    const out = new Float32Array(160);
    playout.pull(out, none);
    return out.some((each) => each !== 0);
  };
  playout.push(sound(160));
  assert.deepEqual([pull(), pull(), pull()], [false, true, false]);
  assert.equal(playout.aheadMs, 40);
  playout.push(sound(160));
  assert.equal(playout.aheadMs, 80);
  for (let frame = 0; frame < 20; frame++) {
    pull();
  }
  playout.push(sound(160)); // so much later it is a new sentence
  assert.equal(playout.aheadMs, 80);
});
