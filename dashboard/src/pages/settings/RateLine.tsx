import type { ProviderView } from "../../client";
import { Button } from "../../parts/Button";
import { fill, texts } from "../../texts";
import { type RateRow, UNITS, type Unit, paidOf } from "./rate-rows";

const T = texts.settings.limits;

/** One rate, each cell a control. `onChange` without a row drops it. */
export function RateLine({ at, row, providers, onChange }: { at: number; row: RateRow; providers: readonly ProviderView[]; onChange: (row?: RateRow) => void }) {
  const paid = paidOf(providers, row.unit);
  const offered = row.provider && !paid.includes(row.provider) ? [row.provider, ...paid] : paid;
  const named = (what: string) => fill(T.cell, { what, n: at });
  return (
    <tr>
      <td>
        <input className="input" type="date" required aria-label={named(T.since)} value={row.since} onChange={(event) => onChange({ ...row, since: event.target.value })} />
      </td>
      <td>
        <select className="input" aria-label={named(T.unit)} value={row.unit} onChange={(event) => onChange({ ...row, unit: event.target.value as Unit, provider: "" })}>
          {UNITS.map((each) => (
            <option key={each} value={each}>
              {T.units[each]}
            </option>
          ))}
        </select>
      </td>
      <td>
        <select className="input" required aria-label={named(T.provider)} value={row.provider} onChange={(event) => onChange({ ...row, provider: event.target.value })}>
          <option value="">{T.chooseProvider}</option>
          {offered.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </td>
      <td>
        <input className="input mono" aria-label={named(T.model)} placeholder={T.everyModel} maxLength={200} value={row.model} onChange={(event) => onChange({ ...row, model: event.target.value })} />
      </td>
      <td>
        <input className="input" inputMode="decimal" required pattern="\d+(\.\d+)?" aria-label={named(T.price)} value={row.price} onChange={(event) => onChange({ ...row, price: event.target.value })} />
      </td>
      <td>
        <input className="input" type="number" min={1} step={1} required aria-label={named(T.per)} value={row.per} onChange={(event) => onChange({ ...row, per: event.target.value })} />
      </td>
      <td>
        <Button look="quiet" small icon="close" aria-label={named(T.drop)} onClick={() => onChange()} />
      </td>
    </tr>
  );
}
