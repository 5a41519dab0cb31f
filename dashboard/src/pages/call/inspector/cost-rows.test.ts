import assert from "node:assert/strict";
import { test } from "node:test";
import { costTable } from "./cost-rows.ts";

const cost = { amount: "0.0415", currency: "EUR", missing_rates: ["openai gpt output_tokens"] };
const heard = { provider: "deepgram", model: "nova-3", unit: "heard_minutes", quantity: "1.25", amount: "0.0415" } as const;
const said = { provider: "openai", model: "gpt", unit: "output_tokens", quantity: "310", amount: null } as const;

test("each use is a row, and what has no rate has no amount and is not in the sum", () => {
  const table = costTable({ cost, uses: [heard, said] });
  assert.deepEqual(
    table?.rows.map((row) => [row.provider, row.unit, row.quantity, row.amount]),
    [
      ["deepgram", "heard minutes", 1.25, "0.0415"],
      ["openai", "output tokens", 310, null],
    ],
  );
  assert.equal(table?.sum, "0.0415");
  assert.deepEqual(table?.missing, cost.missing_rates);
});

test("without any rate there is no sum, and a talk that is not counted has no table", () => {
  assert.equal(costTable({ cost: { ...cost, amount: "0" }, uses: [said] })?.sum, null);
  assert.equal(costTable({ cost: null, uses: [] }), null);
});
