import assert from "node:assert/strict";
import { test } from "node:test";
import { grown, NOTHING, parts } from "./heard.ts";
import type { Line, Told } from "./messages.ts";

const line = (id: number, more: Partial<Line>): Line => ({ id, turn_id: 1, speaker: "agent", text: "", ...more });
const told = (...all: Told[]) => all.reduce(grown, NOTHING);

test("a line with the same id replaces the one before it, and words that became a line are no longer coming", () => {
  const first = line(2, { text: "We are open.", heard: "We" });
  const heard = told(
    { event: "words", words: { text: "We are open." } },
    { event: "words", words: { text: "Until six." } },
    { event: "line", line: first },
    { event: "line", line: { ...first, heard: "We are open." } },
    { event: "line", line: line(1, { speaker: "caller", text: "Hours?" }) },
  );
  assert.deepEqual(
    heard.lines.map((each) => each.text),
    ["Hours?", "We are open."],
  );
  assert.equal(heard.lines[1]?.heard, "We are open.");
  assert.deepEqual(heard.coming, ["Until six."]);
});

test("what was cut is lost, what is being said is coming", () => {
  const half = line(1, { text: "One two", heard: "One" });
  assert.deepEqual(parts(half), { said: "One", coming: "two", lost: "" });
  assert.deepEqual(parts({ ...half, cut: true }), { said: "One", coming: "", lost: "two" });
});
