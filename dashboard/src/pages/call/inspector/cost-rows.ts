/** What a call cost, as the rows of a table: one per provider, model and unit, in the order in which they are told. */
import type { ConversationDetail } from "../../../client";

type Counted = Pick<ConversationDetail, "cost" | "uses">;

export interface CostRow {
  key: string;
  provider: string;
  model: string;
  unit: string;
  quantity: number;
  /** Null where the project has no rate for it. */
  amount: string | null;
}

export interface CostTable {
  rows: CostRow[];
  /** Null where no row has a rate: a sum of nothing is no price. */
  sum: string | null;
  currency: string;
  missing: readonly string[];
}

/** Null for a talk that is not counted, such as one to a draft. */
export function costTable({ cost, uses }: Counted): CostTable | null {
  if (!cost) return null;
  const rows = (uses ?? []).map(({ provider, model, unit, quantity, amount }) => ({
    key: [provider, model, unit].join(" "),
    provider,
    model,
    unit: unit.replaceAll("_", " "),
    quantity: Number(quantity),
    amount: amount == null ? null : money(amount),
  }));
  const nothing = rows.length > 0 && rows.every((row) => row.amount === null);
  return { rows, sum: nothing ? null : money(cost.amount), currency: cost.currency, missing: cost.missing_rates };
}

/** Four decimals, as in the list of calls. */
function money(amount: string): string {
  return Number(amount).toFixed(4);
}
