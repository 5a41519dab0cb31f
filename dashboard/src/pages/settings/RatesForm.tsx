import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
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
import { asForm, asRows, differing, newRow, type RateRow } from "./rate-rows";

const T = texts.settings.limits;

/** All rates at once, saved over those that were read and no others. */
export function RatesForm({ me, kept }: { me: Me; kept: Read<RatesFormOutput> }) {
  const [base, setBase] = useState(kept);
  const [rows, setRows] = useState(() => asRows(kept.value));
  const [currency, setCurrency] = useState(kept.value.currency ?? "USD");
  const providers = useQuery(PROVIDERS);
  const queries = useQueryClient();
  const able = may(me.role, "admin");
  const saving = useMutation({
    mutationFn: async (etag: string | undefined) => setRates({ body: asForm(currency, rows), headers: etag === undefined ? {} : { "if-match": etag }, throwOnError: true }),
    onSuccess: ({ data, response }) => {
      const now = { value: data, etag: response.headers.get("etag") ?? undefined };
      queries.setQueryData(RATES.queryKey, now);
      take(now);
    },
    onError: async (problem) => problem instanceof ApiProblem && problem.status === 412 && (await queries.fetchQuery({ ...RATES, staleTime: 0 })),
  });
  const take = (now: Read<RatesFormOutput>) => {
    setBase(now);
    setRows(asRows(now.value));
    setCurrency(now.value.currency ?? "USD");
    saving.reset();
  };
  const change = (at: number, row?: RateRow) => setRows(row ? rows.with(at, row) : rows.toSpliced(at, 1));
  const changed = JSON.stringify([currency, rows]) !== JSON.stringify([base.value.currency ?? "USD", asRows(base.value)]);
  const stale = saving.error instanceof ApiProblem && saving.error.status === 412 && kept.etag !== base.etag;
  const apart = differing(asRows(kept.value), rows);
  return (
    <form
      className="settings-section"
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate(base.etag);
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
      {stale && <Stale differences={[{ label: T.rates, theirs: apart.theirs.join("; "), mine: apart.mine.join("; ") }]} onMine={() => saving.mutate(kept.etag)} onTheirs={() => take(kept)} />}
      {saving.error && !stale && <Problem of={saving.error} />}
      <div className="form-actions">
        <Button look="act" type="submit" disabled={!able || !changed || saving.isPending}>
          {T.saveRates}
        </Button>
        {changed && (
          <Button look="quiet" onClick={() => take(kept)}>
            {texts.settings.undo}
          </Button>
        )}
        <span className="faint">{T.ratesHold}</span>
      </div>
    </form>
  );
}
