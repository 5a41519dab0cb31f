import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ME } from "../../api/session";
import { Button, lookOf } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { may } from "../../parts/LockedButton";
import { NeedsRole } from "../../parts/NeedsRole";
import { Problem } from "../../parts/Problem";
import { SideSheet } from "../../parts/SideSheet";
import { texts } from "../../texts";
import { useCarriers } from "../phone-deployment/useCarriers";
import { AccountNumbers } from "./AccountNumbers";
import { BuyForm } from "./BuyForm";
import "./numbers.css";

const T = texts.numbers;

/** Which numbers the project's accounts have, and who answers each. */
export function Numbers() {
  const { data: me } = useSuspenseQuery(ME);
  const { accounts, error } = useCarriers();
  const { sheet } = useSearch({ from: "/inside/numbers" });
  const navigate = useNavigate({ from: "/numbers" });
  return (
    <>
      <div className="page-head">
        <h1>{T.title}</h1>
        <p className="soft">{T.asked}</p>
        <div className="actions">
          <Button look="act" icon="plus" disabled={!may(me.role, "admin") || !accounts?.length} onClick={() => void navigate({ search: { sheet: "buy" } })}>
            {T.buy}
          </Button>
        </div>
      </div>
      <div className="numbers-role">
        <NeedsRole me={me} least={may(me.role, "editor") ? "admin" : "editor"} />
      </div>
      {error && (
        <div className="p-6">
          <Problem of={error} />
        </div>
      )}
      {!accounts && !error && <Loading what={T.loading} />}
      {accounts?.length === 0 && (
        <section className="empty">
          <div className="silence" aria-hidden="true" />
          <h2>{T.empty}</h2>
          <p>{T.emptyText}</p>
          <div className="actions">
            <Link to="/credentials" search={{ sheet: "new" }} className="button" {...lookOf("act")}>
              {texts.credentials.create}
            </Link>
          </div>
        </section>
      )}
      {accounts?.map((account) => (
        <AccountNumbers key={account.id} account={account} me={me} />
      ))}
      <SideSheet open={sheet === "buy" && accounts !== undefined && accounts.length > 0} title={T.buy} onClose={() => void navigate({ search: {} })}>
        {accounts && <BuyForm accounts={accounts} onDone={() => void navigate({ search: {} })} />}
      </SideSheet>
    </>
  );
}
