import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type AssistantDetail, type CredentialView, type DeploymentView, type PhoneNumberView, connectPhoneNumber, restorePhoneNumber } from "../../client";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { Problem } from "../../parts/Problem";
import { Select } from "../../parts/Select";
import { fill, texts } from "../../texts";
import { shownNumber } from "../../words/phone";
import { answeredBy } from "./answered";
import { numbersQuery } from "./queries";

const T = texts.phoneDeployment;

/** One of the account's numbers, to be led here and to be given back. */
export function NumberChoice({ assistant, deployment, account, locked }: { assistant: AssistantDetail; deployment: DeploymentView | null; account: CredentialView | undefined; locked: boolean }) {
  const numbers = useQuery(numbersQuery(account?.id));
  const [chosen, setChosen] = useState<string | null>(null);
  const [restoring, setRestoring] = useState(false);
  const queries = useQueryClient();
  const settled = async () => {
    await Promise.all([queries.invalidateQueries({ queryKey: ["phone-numbers"] }), queries.invalidateQueries({ queryKey: ["assistants", assistant.id] })]);
  };
  const connecting = useMutation({
    mutationFn: async (number: PhoneNumberView) =>
      (await connectPhoneNumber({ path: { number: number.number }, body: { credential_id: number.credential_id, assistant_id: assistant.id }, throwOnError: true })).data,
    onSettled: settled,
  });
  if (account === undefined) {
    return null;
  }
  if (numbers.error) {
    return <Problem of={numbers.error} retry={() => void numbers.refetch()} />;
  }
  const mine = numbers.data?.find((each) => each.answered_by.assistant_id === assistant.id) ?? numbers.data?.find((each) => each.number === deployment?.telephony.phone_number);
  const number = numbers.data?.find((each) => each.number === chosen) ?? mine ?? numbers.data?.[0];
  const ours = number?.answered_by.assistant_id === assistant.id;
  if (numbers.data?.length === 0) {
    return <p className="hint">{fill(T.noNumbers, { account: account.name })}</p>;
  }
  return (
    <>
      <div className="row">
        <Select aria-label={T.number} value={number?.number ?? ""} disabled={!numbers.data} onChange={(event) => setChosen(event.target.value)}>
          {numbers.data?.map((each) => (
            <option key={each.number} value={each.number}>
              {named(each)}
            </option>
          ))}
        </Select>
        <Button look={ours ? "plain" : "act"} disabled={locked || !number || connecting.isPending} onClick={() => number && connecting.mutate(number)}>
          {ours ? T.connectAgain : T.connect}
        </Button>
        {number?.restorable && (
          <Button look="quiet" icon="undo" disabled={locked} onClick={() => setRestoring(true)}>
            {T.restore}
          </Button>
        )}
      </div>
      {number && <p className="hint">{answeredBy(number)}</p>}
      {connecting.error && <Problem of={connecting.error} />}
      {connecting.data?.hints.map((hint) => (
        <p key={hint} className="hint">
          {hint}
        </p>
      ))}
      {number && (
        <Confirm
          open={restoring}
          onOpenChange={setRestoring}
          title={fill(T.restoreTitle, { number: shownNumber(number.number) })}
          text={T.restoreText}
          verb={T.restore}
          act={async () => {
            await restorePhoneNumber({ path: { number: number.number }, body: { credential_id: number.credential_id }, throwOnError: true });
            connecting.reset();
            await settled();
          }}
        />
      )}
    </>
  );
}

function named(number: PhoneNumberView): string {
  const shown = shownNumber(number.number);
  const own = number.name && number.name.replace(/\D/g, "") !== number.number.replace(/\D/g, "") ? fill(T.numberNamed, { number: shown, name: number.name }) : shown;
  return number.takes_calls ? own : fill(T.noVoice, { number: own });
}
