import { useInfiniteQuery } from "@tanstack/react-query";
import type { CredentialView, Me } from "../../client";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { Loading } from "../../parts/Loading";
import { Problem } from "../../parts/Problem";
import { count, fill, texts } from "../../texts";
import { NumberRow } from "./NumberRow";
import { accountNumbersQuery } from "./queries";

const T = texts.numbers;

/** The numbers of one account, as its carrier tells them now. */
export function AccountNumbers({ account, me }: { account: CredentialView; me: Me }) {
  const found = useInfiniteQuery(accountNumbersQuery(account.id));
  const numbers = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="account-numbers" aria-label={account.name}>
      <h2>
        <Icon name="key" />
        {account.name}
        <code className="faint">{account.account}</code>
        {found.data && <span className="remark">{count(T.count, numbers.length)}</span>}
      </h2>
      {found.isPending && <Loading what={T.loading} />}
      {found.error && (
        <div className="account-problem">
          <Problem of={found.error} retry={() => void found.refetch()} />
        </div>
      )}
      {found.data && numbers.length === 0 && <p className="account-problem soft">{fill(T.none, { account: account.name })}</p>}
      {numbers.length > 0 && (
        <table className="table numbers-table">
          <thead>
            <tr>
              <th scope="col">{T.number}</th>
              <th scope="col">{T.answered}</th>
              <th scope="col" className="desk-only">
                {T.asks}
              </th>
              <th scope="col">
                <span className="unseen">{T.do}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {numbers.map((each) => (
              <NumberRow key={each.number} number={each} me={me} />
            ))}
          </tbody>
        </table>
      )}
      {found.hasNextPage && (
        <div className="px-6 py-3">
          <Button look="quiet" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {T.more}
          </Button>
        </div>
      )}
    </section>
  );
}
