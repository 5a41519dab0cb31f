import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { Problem as ApiProblem } from "../../../api/problem";
import { createPhoneCall, readAssistant } from "../../../client";
import { Button } from "../../../parts/Button";
import { Field } from "../../../parts/Field";
import { Problem } from "../../../parts/Problem";
import { texts } from "../../../texts";
import { CallSteps } from "../CallSteps";
import { AssistantChoice, useCallers } from "./AssistantChoice";

const T = texts.placeCall;

/** One call: who speaks, to whom, and what it knows of them; then the call is followed. */
export function OneCall({ onClose }: { onClose: () => void }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const [number, setNumber] = useState("");
  const [args, setArgs] = useState<Readonly<Record<string, string>>>({});
  const callers = useCallers(chosen);
  const queries = useQueryClient();
  const { id } = callers;
  const assistant = useQuery({
    queryKey: ["assistants", id],
    queryFn: async () => (await readAssistant({ path: { assistant_id: id ?? 0 }, throwOnError: true })).data,
    enabled: id !== null,
  });
  const variables = Object.entries(assistant.data?.body.variables ?? {});
  const calling = useMutation({
    mutationFn: async () => {
      const typed = Object.fromEntries(Object.entries(args).filter(([name, value]) => value && variables.some(([known]) => known === name)));
      const body = { assistant: { assistant_id: id ?? 0 }, to_number: number.replace(/[\s().-]/g, ""), args: typed };
      return (await createPhoneCall({ body, throwOnError: true })).data;
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["conversations"] }),
  });
  const problem = calling.error instanceof ApiProblem ? calling.error : null;
  const wrong = problem?.about("toNumber") ?? problem?.about("to_number");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    calling.mutate();
  };
  return (
    <form className="grid gap-4" onSubmit={submit}>
      <AssistantChoice callers={callers} onChoose={setChosen} />
      <Field label={T.number} api="to_number" type="tel" required placeholder="+14155550132" hint={T.numberHint} value={number} wrong={wrong} onChange={(event) => setNumber(event.target.value)} />
      {variables.map(([name, usual]) => (
        <Field key={name} label={name} api={`args.${name}`} placeholder={usual} value={args[name] ?? ""} onChange={(event) => setArgs({ ...args, [name]: event.target.value })} />
      ))}
      {calling.error && !wrong && <Problem of={calling.error} />}
      {calling.data && <CallSteps key={calling.data.conversation_id} id={calling.data.conversation_id} />}
      <div className="form-foot">
        <Button look="act" icon="phone" type="submit" disabled={calling.isPending || id === null}>
          {T.call}
        </Button>
        <Button look="quiet" onClick={onClose}>
          {calling.data ? texts.close : texts.cancel}
        </Button>
      </div>
    </form>
  );
}
