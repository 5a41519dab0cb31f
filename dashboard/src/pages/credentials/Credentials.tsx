import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { ME } from "../../api/session";
import { Button } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Problem } from "../../parts/Problem";
import { count, texts } from "../../texts";
import { CredentialForm } from "./CredentialForm";
import { CredentialRow } from "./CredentialRow";
import { CREDENTIALS, PROVIDERS } from "./queries";
import "./credentials.css";

const T = texts.credentials;

/** Which secrets there are, and whether they still open. */
export function Credentials() {
  const { data: me } = useSuspenseQuery(ME);
  const found = useQuery(CREDENTIALS);
  const providers = useQuery(PROVIDERS);
  const { sheet } = useSearch({ from: "/inside/credentials" });
  const navigate = useNavigate({ from: "/credentials" });
  const show = (now?: string) => void navigate({ search: now ? { sheet: now } : {} });
  const replaced = found.data?.find((each) => String(each.id) === sheet);
  return (
    <>
      <div className="page-head">
        <h1>{T.title}</h1>
        {found.data && <p className="soft">{count(T.summary, found.data.length)}</p>}
        {me.role !== "viewer" && (
          <div className="actions">
            <Button look="act" icon="plus" onClick={() => show("new")}>
              {T.create}
            </Button>
          </div>
        )}
      </div>
      {found.isPending && <Loading what={T.loading} />}
      {found.error && (
        <div className="p-6">
          <Problem of={found.error} retry={() => void found.refetch()} />
        </div>
      )}
      {found.data?.length === 0 && (
        <section className="empty">
          <h2>{T.empty}</h2>
          <p>{T.emptyText}</p>
        </section>
      )}
      {found.data && found.data.length > 0 && (
        <table className="table credentials-table">
          <thead>
            <tr>
              <th scope="col">{T.name}</th>
              <th scope="col">{T.provider}</th>
              <th scope="col" className="desk-only">
                {T.account}
              </th>
              <th scope="col" className="desk-only">
                {T.usedBy}
              </th>
              <th scope="col">{T.verified}</th>
              <th scope="col">
                <span className="unseen">{T.do}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {found.data.map((each) => (
              <CredentialRow key={each.id} credential={each} me={me} onReplace={() => show(String(each.id))} />
            ))}
          </tbody>
        </table>
      )}
      <Dialog.Root open={providers.data !== undefined && (sheet === "new" || replaced !== undefined)} onOpenChange={(open) => !open && show()}>
        <Dialog.Portal>
          <Dialog.Overlay className="veil" />
          <Dialog.Content className="side-sheet" aria-describedby={undefined}>
            <div className="flex items-center justify-between">
              <Dialog.Title asChild>
                <h2>{replaced ? T.replaceTitle : T.create}</h2>
              </Dialog.Title>
              <Dialog.Close asChild>
                <Button look="quiet" small icon="close" aria-label={texts.close} />
              </Dialog.Close>
            </div>
            <CredentialForm providers={providers.data ?? []} replaces={replaced} onDone={() => show()} />
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    </>
  );
}
