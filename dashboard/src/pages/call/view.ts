/** What of a call is looked at: the moment under the playhead and the chosen turn. It stands in the address. */
export interface View {
  /** Seconds on the call's axis. */
  t?: number;
  turn?: number;
}

export function readView(search: Record<string, unknown>): View {
  const t = Number(search["t"]);
  const turn = Number(search["turn"]);
  return {
    ...(search["t"] !== undefined && Number.isFinite(t) && t >= 0 ? { t } : {}),
    ...(Number.isInteger(turn) && turn > 0 ? { turn } : {}),
  };
}
