import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
import { createPublishableToken } from "../../client";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { Select } from "../../parts/Select";
import { texts } from "../../texts";
import { ASSISTANTS } from "../calls/queries";
import { WEB_TOKENS } from "./queries";

const T = texts.settings.web;
const MOST_A_MINUTE = 600;

/** Who answers, to whose pages, and how often. */
export function NewWebTokenForm({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<number | null>(null);
  const [origins, setOrigins] = useState("");
  const [calls, setCalls] = useState("10");
  const queries = useQueryClient();
  const { data: assistants } = useQuery(ASSISTANTS);
  const id = chosen ?? assistants?.find((each) => each.published_version !== null)?.id ?? null;
  const making = useMutation({
    mutationFn: () => createPublishableToken({ body: { name, assistant_id: id ?? 0, origins: origins.split(/[\s,]+/).filter(Boolean), calls_per_minute: Number(calls) }, throwOnError: true }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: WEB_TOKENS.queryKey });
      onDone();
    },
  });
  const problem = making.error instanceof ApiProblem ? making.error : null;
  const wrongOrigins = problem?.all.find((each) => each.field.includes("origins"))?.problem;
  const told = problem?.about("name") ?? wrongOrigins ?? problem?.about("calls_per_minute");
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        making.mutate();
      }}
    >
      <Field label={T.name} api="name" required maxLength={100} value={name} hint={T.nameHint} wrong={problem?.about("name")} onChange={(event) => setName(event.target.value)} />
      <Select label={T.assistant} value={id ?? ""} hint={T.assistantHint} onChange={(event) => setChosen(Number(event.target.value))}>
        {assistants?.map((each) => (
          <option key={each.id} value={each.id}>
            {each.name}
          </option>
        ))}
      </Select>
      <Field label={T.origins} api="origins" required value={origins} placeholder="https://www.example.com" hint={T.originsHint} wrong={wrongOrigins} onChange={(event) => setOrigins(event.target.value)} />
      <Field label={T.perMinute} api="calls_per_minute" type="number" required min={1} max={MOST_A_MINUTE} value={calls} hint={T.perMinuteHint} wrong={problem?.about("calls_per_minute")} onChange={(event) => setCalls(event.target.value)} />
      {making.error && !told && <Problem of={making.error} />}
      <div className="form-foot">
        <Button look="act" type="submit" disabled={making.isPending || id === null}>
          {T.make}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {texts.cancel}
        </Button>
      </div>
    </form>
  );
}
