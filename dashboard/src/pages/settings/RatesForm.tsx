import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Me, type RatesFormOutput, setRates } from "../../client";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { may } from "../../parts/LockedButton";
import { Problem } from "../../parts/Problem";
import { texts } from "../../texts";
import { PROVIDERS } from "../credentials/queries";
import { RateLine } from "./RateLine";
import { Stale } from "./Stale";
import { RATES, type Read } from "./queries";
import { useBasedSave } from "./useBasedSave";
import { asForm, asRows, differing, newRow, type RateRow } from "./rate-rows";

const T = texts.settings.limits;

/** All rates at once, saved over those that were read and no others. */
export function RatesForm({ me, kept }: { me: Me; kept: Read<RatesFormOutput> }) {
  const [rows, setRows] = useState(() => asRows(kept.value));
  const [currency, setCurrency] = useState(kept.value.currency ?? "USD");
  const providers = useQuery(PROVIDERS);
  const able = may(me.role, "admin");
  const saving = useBasedSave({
    queryKey: RATES.queryKey,
    kept,
    send: (headers) => setRates({ body: asForm(currency, rows), headers, throwOnError: true }),
    take: (now) => {
      setRows(asRows(now));
      setCurrency(now.currency ?? "USD");
    },
  });
  const { base, stale } = saving;
  const change = (at: number, row?: RateRow) => setRows(row ? rows.with(at, row) : rows.toSpliced(at, 1));
  const changed = JSON.stringify([currency, rows]) !== JSON.stringify([base.currency ?? "USD", asRows(base)]);
  const apart = differing(asRows(kept.value), rows);
  return (
    <form
      className="settings-section"
      onSubmit={(event) => {
        event.preventDefault();
        saving.save();
      }}
    >
      <fieldset className="plain settings-section" disabled={!able}>
        <div className="w-28">
          <Field label={T.currency} api="currency" required pattern="[A-Z]{3}" maxLength={3} value={currency} onChange={(event) => setCurrency(event.target.value.toUpperCase())} />
        </div>
        {rows.length > 0 && (
          <table className="table open-table rates-table">
            <thead>
              <tr>
                <th scope="col">{T.since}</th>
                <th scope="col">{T.unit}</th>
                <th scope="col">{T.provider}</th>
                <th scope="col">{T.model}</th>
                <th scope="col">{T.price}</th>
                <th scope="col">{T.per}</th>
                <th scope="col">
                  <span className="unseen">{T.drop}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                <RateLine key={at} at={at + 1} row={row} providers={providers.data ?? []} onChange={(now) => change(at, now)} />
              ))}
            </tbody>
          </table>
        )}
        {rows.length === 0 && <p className="soft">{T.noRates}</p>}
        <div>
          <Button small icon="plus" onClick={() => setRows([...rows, newRow(new Date())])}>
            {T.add}
          </Button>
        </div>
      </fieldset>
      {stale && <Stale differences={[{ label: T.rates, theirs: apart.theirs.join("; "), mine: apart.mine.join("; ") }]} onMine={saving.overwrite} onTheirs={saving.takeTheirs} />}
      {saving.error && <Problem of={saving.error} />}
      <div className="form-actions">
        <Button look="act" type="submit" disabled={!able || !changed || saving.isPending}>
          {T.saveRates}
        </Button>
        {changed && (
          <Button look="quiet" onClick={saving.takeTheirs}>
            {texts.settings.undo}
          </Button>
        )}
        <span className="faint">{T.ratesHold}</span>
      </div>
    </form>
  );
}
