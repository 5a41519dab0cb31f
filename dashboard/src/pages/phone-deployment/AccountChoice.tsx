import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type AssistantDetail, type CredentialView, type DeploymentView, putPhoneDeployment } from "../../client";
import { Button, lookOf } from "../../parts/Button";
import { Problem } from "../../parts/Problem";
import { Select } from "../../parts/Select";
import { fill, texts } from "../../texts";
import { onAccount } from "./change";

const T = texts.phoneDeployment;
const TAIL = 4;
const HEAD = 6;

/** The account whose signature proves the carrier's requests, and by which calls go out. */
export function AccountChoice({
  assistant,
  deployment,
  accounts,
  account,
  onChoose,
  locked,
}: {
  assistant: AssistantDetail;
  deployment: DeploymentView | null;
  accounts: readonly CredentialView[];
  account: CredentialView | undefined;
  onChoose: (id: number) => void;
  locked: boolean;
}) {
  const queries = useQueryClient();
  const putting = useMutation({
    mutationFn: async (chosen: CredentialView) => (await putPhoneDeployment({ path: { assistant_id: assistant.id }, body: onAccount(deployment, chosen), throwOnError: true })).data,
    onSuccess: (put) => {
      queries.setQueryData(["assistants", assistant.id, "phone"], put);
      return queries.invalidateQueries({ queryKey: ["assistants", assistant.id] });
    },
  });
  const create = (
    <Link to="/credentials" search={{ sheet: "new" }} className="button" {...lookOf(accounts.length === 0 ? "act" : "quiet")}>
      {texts.credentials.create}
    </Link>
  );
  if (account === undefined) {
    return (
      <>
        <p className="hint">{T.noAccount}</p>
        <div className="row">{create}</div>
      </>
    );
  }
  const inForce = deployment?.telephony.credential_id === account.id;
  return (
    <>
      <div className="row">
        <Select aria-label={T.credential} value={account.id} onChange={(event) => onChoose(Number(event.target.value))}>
          {accounts.map((each) => (
            <option key={each.id} value={each.id}>
              {fill(T.account, { name: each.name, account: shortened(each.account) })}
            </option>
          ))}
        </Select>
        {!inForce && (
          <Button look={deployment === null ? "act" : "plain"} disabled={locked || putting.isPending} onClick={() => putting.mutate(account)}>
            {deployment === null ? T.putOn : T.changeAccount}
          </Button>
        )}
        {create}
      </div>
      {deployment === null && <p className="hint">{T.putOnText}</p>}
      {putting.error && <Problem of={putting.error} />}
    </>
  );
}

/** AC4e0f…9b21 */
function shortened(account: string): string {
  return account.length > HEAD + TAIL + 1 ? `${account.slice(0, HEAD)}…${account.slice(-TAIL)}` : account;
}
