import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { type AvailableNumberView, type CredentialView, buyPhoneNumber } from "../../client";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { Field } from "../../parts/Field";
import { Loading } from "../../parts/Loading";
import { Problem } from "../../parts/Problem";
import { Select } from "../../parts/Select";
import { Segments } from "../../parts/Segments";
import { fill, texts } from "../../texts";
import { shownNumber } from "../../words/phone";
import { type Wanted, offersQuery } from "./queries";

const T = texts.numbers;
const TYPES = ["local", "mobile", "toll_free"] as const;

/** Numbers that a carrier sells: looked for, and bought once the price was seen. */
export function BuyForm({ accounts, onDone }: { accounts: readonly CredentialView[]; onDone: () => void }) {
  const [form, setForm] = useState<Wanted>({ credential_id: accounts[0]?.id ?? 0, country: "US", type: "local", contains: "" });
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [buying, setBuying] = useState<AvailableNumberView | null>(null);
  const offers = useQuery(offersQuery(wanted));
  const queries = useQueryClient();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setWanted(form);
  };
  return (
    <>
      <form className="grid gap-4" onSubmit={submit}>
        <Select label={T.account} value={form.credential_id} onChange={(event) => setForm({ ...form, credential_id: Number(event.target.value) })}>
          {accounts.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </Select>
        <div className="two">
          <Field label={T.country} required maxLength={2} pattern="[A-Za-z]{2}" value={form.country} hint={T.countryHint} onChange={(event) => setForm({ ...form, country: event.target.value.toUpperCase() })} />
          <Field label={T.contains} inputMode="numeric" pattern="[0-9]{0,15}" value={form.contains} onChange={(event) => setForm({ ...form, contains: event.target.value })} />
        </div>
        <Segments className="justify-self-start" label={T.type} choices={TYPES.map((each) => ({ value: each, label: T.types[each] }))} value={form.type} onChange={(type) => setForm({ ...form, type })} />
        <div className="form-foot">
          <Button look="act" icon="search" type="submit">
            {T.look}
          </Button>
          <Button look="quiet" onClick={onDone}>
            {texts.cancel}
          </Button>
        </div>
      </form>
      {wanted && offers.isPending && <Loading what={T.offers} />}
      {offers.error && <Problem of={offers.error} retry={() => void offers.refetch()} />}
      {wanted && offers.data?.length === 0 && <p className="soft">{T.noOffers}</p>}
      <ul className="offers">
        {wanted &&
          offers.data?.map((each) => (
            <li key={each.number}>
              <span>
                <b>{shownNumber(each.number)}</b>
                <span className="hint block">{[each.place, price(each), each.needs_address ? T.needsAddress : ""].filter(Boolean).join(" · ")}</span>
              </span>
              <Button small disabled={each.needs_address} onClick={() => setBuying(each)}>
                {T.buyOne}
              </Button>
            </li>
          ))}
      </ul>
      {buying && wanted && (
        <Confirm
          open
          onOpenChange={(open) => !open && setBuying(null)}
          title={fill(T.buyTitle, { number: shownNumber(buying.number) })}
          text={fill(T.buyText, { price: price(buying) || T.unknownPrice, account: accounts.find((each) => each.id === wanted.credential_id)?.name ?? "" })}
          verb={T.buyOne}
          act={async () => {
            await buyPhoneNumber({ body: { credential_id: wanted.credential_id, number: buying.number, confirm: true }, throwOnError: true });
            await queries.invalidateQueries({ queryKey: ["phone-numbers"] });
            onDone();
          }}
        />
      )}
    </>
  );
}

function price(of: AvailableNumberView): string {
  return of.monthly_price ? fill(T.monthly, { price: of.monthly_price, currency: of.currency }) : "";
}
