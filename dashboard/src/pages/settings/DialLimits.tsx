import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type CredentialLimit, type LimitsForm, type Me, setOutboundLimits } from "../../client";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { may } from "../../parts/LockedButton";
import { Problem } from "../../parts/Problem";
import { fill, texts } from "../../texts";
import { CREDENTIALS } from "../credentials/queries";
import { type Difference, Stale } from "./Stale";
import { LIMITS, type Read } from "./queries";
import { useBasedSave } from "./useBasedSave";

const T = texts.settings.limits;
const WHOLE = [
  ["calls_per_second", T.perSecond, "any"],
  ["concurrent_calls", T.atOnce, "1"],
  ["calls_per_day", T.perDay, "1"],
] as const;

/** What a project, and each of its carrier's accounts, may dial. 0 = no limit of ours. */
export function DialLimits({ me, kept }: { me: Me; kept: Read<LimitsForm> }) {
  const [form, setForm] = useState(kept.value);
  const credentials = useQuery(CREDENTIALS);
  const able = may(me.role, "admin");
  const saving = useBasedSave({ queryKey: LIMITS.queryKey, kept, send: (headers) => setOutboundLimits({ body: form, headers, throwOnError: true }), take: setForm });
  const name = (id: number) => credentials.data?.find((each) => each.id === id)?.name ?? `#${id}`;
  const change = (row: CredentialLimit) => setForm({ ...form, credentials: form.credentials?.map((each) => (each.credential_id === row.credential_id ? row : each)) });
  const changed = JSON.stringify(form) !== JSON.stringify(saving.base);
  return (
    <form
      className="settings-section"
      onSubmit={(event) => {
        event.preventDefault();
        saving.save();
      }}
    >
      <fieldset className="plain settings-fields" disabled={!able}>
        {WHOLE.map(([field, label, step]) => (
          <Field key={field} label={label} api={field} type="number" min={0} step={step} required value={String(form[field])} hint={form[field] === 0 ? T.unlimited : undefined} onChange={(event) => setForm({ ...form, [field]: Number(event.target.value) })} />
        ))}
      </fieldset>
      {(form.credentials?.length ?? 0) > 0 && (
        <table className="table open-table">
          <thead>
            <tr>
              <th scope="col">{T.account}</th>
              <th scope="col">{T.perSecond}</th>
              <th scope="col">{T.atOnce}</th>
            </tr>
          </thead>
          <tbody>
            {form.credentials?.map((each) => (
              <tr key={each.credential_id}>
                <td>
                  <b>{name(each.credential_id)}</b>
                </td>
                <td>
                  <input className="input" type="number" min={0} step="any" disabled={!able} aria-label={fill(T.perSecondOf, { name: name(each.credential_id) })} value={String(each.calls_per_second)} onChange={(event) => change({ ...each, calls_per_second: Number(event.target.value) })} />
                </td>
                <td>
                  <input className="input" type="number" min={0} disabled={!able} aria-label={fill(T.atOnceOf, { name: name(each.credential_id) })} value={String(each.concurrent_calls)} onChange={(event) => change({ ...each, concurrent_calls: Number(event.target.value) })} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {saving.stale && <Stale differences={differing(kept.value, form, name)} onMine={saving.overwrite} onTheirs={saving.takeTheirs} />}
      {saving.error && <Problem of={saving.error} />}
      <div className="form-actions">
        <Button look="act" type="submit" disabled={!able || !changed || saving.isPending}>
          {T.save}
        </Button>
        {changed && (
          <Button look="quiet" onClick={saving.takeTheirs}>
            {texts.settings.undo}
          </Button>
        )}
        <span className="faint">{T.holds}</span>
      </div>
    </form>
  );
}

/** Field by field where what holds now and what was typed part. */
function differing(theirs: LimitsForm, mine: LimitsForm, name: (id: number) => string): Difference[] {
  const whole = WHOLE.map(([field, label]) => ({ label, theirs: String(theirs[field]), mine: String(mine[field]) }));
  const rows = (mine.credentials ?? []).flatMap((each) => {
    const other = theirs.credentials?.find((row) => row.credential_id === each.credential_id);
    return [
      { label: fill(T.perSecondOf, { name: name(each.credential_id) }), theirs: String(other?.calls_per_second ?? 0), mine: String(each.calls_per_second) },
      { label: fill(T.atOnceOf, { name: name(each.credential_id) }), theirs: String(other?.concurrent_calls ?? 0), mine: String(each.concurrent_calls) },
    ];
  });
  return [...whole, ...rows].filter((each) => each.theirs !== each.mine);
}
