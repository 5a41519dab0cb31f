import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { type PhoneNumberView, connectPhoneNumber } from "../../client";
import { Button } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Problem } from "../../parts/Problem";
import { Select } from "../../parts/Select";
import { texts } from "../../texts";
import { ASSISTANTS } from "../calls/queries";

const T = texts.numbers;

/** Which assistant is to answer a number. */
export function PointForm({ number, onDone }: { number: PhoneNumberView; onDone: () => void }) {
  const assistants = useQuery(ASSISTANTS);
  const [chosen, setChosen] = useState(number.answered_by.assistant_id);
  const queries = useQueryClient();
  const connecting = useMutation({
    mutationFn: async (assistantId: number) =>
      (await connectPhoneNumber({ path: { number: number.number }, body: { credential_id: number.credential_id, assistant_id: assistantId }, throwOnError: true })).data,
    onSuccess: async (connected) => {
      await Promise.all([queries.invalidateQueries({ queryKey: ["phone-numbers"] }), queries.invalidateQueries({ queryKey: ["assistants"] })]);
      if (connected.hints.length === 0) {
        onDone();
      }
    },
  });
  if (assistants.error) {
    return <Problem of={assistants.error} retry={() => void assistants.refetch()} />;
  }
  if (!assistants.data) {
    return <Loading what={T.assistants} />;
  }
  const id = chosen ?? assistants.data.find((each) => each.published_version !== null)?.id ?? assistants.data[0]?.id;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (id !== undefined) {
      connecting.mutate(id);
    }
  };
  return (
    <form className="grid gap-4" onSubmit={submit}>
      <Select label={T.assistant} hint={T.pointText} value={id ?? ""} onChange={(event) => setChosen(Number(event.target.value))}>
        {assistants.data.map((each) => (
          <option key={each.id} value={each.id}>
            {each.name}
          </option>
        ))}
      </Select>
      {connecting.error && <Problem of={connecting.error} />}
      {connecting.data?.hints.map((hint) => (
        <p key={hint} className="hint">
          {hint}
        </p>
      ))}
      <div className="form-foot">
        <Button look="act" type="submit" disabled={connecting.isPending || id === undefined}>
          {texts.phoneDeployment.connect}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {connecting.data ? texts.close : texts.cancel}
        </Button>
      </div>
    </form>
  );
}
