import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
import { type AssistantDetail, type DeploymentView, putPhoneDeployment } from "../../client";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { Segments } from "../../parts/Segments";
import { Area } from "../../parts/Area";
import { fill, texts } from "../../texts";
import { type Typed, asOptions, typedOf } from "./behaviour";
import { changed } from "./change";

const T = texts.phoneDeployment;
const FIELDS = ["greeting", "announcement", "concurrent_calls", "record", "countries", "max_duration_s", "pinned_version", "phone_number"];

/** What is to differ on this line. An empty field is as the assistant says. */
export function BehaviourForm({ assistant, deployment, onDone }: { assistant: AssistantDetail; deployment: DeploymentView; onDone: () => void }) {
  const [typed, setTyped] = useState(() => typedOf(deployment));
  const queries = useQueryClient();
  const saving = useMutation({
    mutationFn: async () => {
      const body = changed(deployment, asOptions(typed), { phone_number: typed.phone_number.replace(/\s/g, "") || null });
      return (await putPhoneDeployment({ path: { assistant_id: assistant.id }, body, throwOnError: true })).data;
    },
    onSuccess: async (put) => {
      queries.setQueryData(["assistants", assistant.id, "phone"], put);
      await queries.invalidateQueries({ queryKey: ["assistants", assistant.id] });
      onDone();
    },
  });
  const problem = saving.error instanceof ApiProblem ? saving.error : null;
  const about = (name: string) => problem?.about(name) ?? problem?.about(`${name}[0]`);
  const bind = (name: Exclude<keyof Typed, "record">) => ({
    value: typed[name],
    wrong: about(name),
    onChange: (event: { target: { value: string } }) => setTyped({ ...typed, [name]: event.target.value }),
  });
  const elsewhere = saving.error && !FIELDS.some(about);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <form className="grid gap-4" onSubmit={submit}>
      <Area className="spoken" label={T.greeting} api="greeting" placeholder={assistant.body.greeting ?? ""} hint={T.greetingHint} {...bind("greeting")} />
      <Area className="spoken" label={T.announcement} api="announcement" hint={T.announcementHint} {...bind("announcement")} />
      <div className="field">
        <span className="field-label">
          {T.recording}
          <code>{"record"}</code>
        </span>
        <Segments
          className="justify-self-start"
          label={T.recording}
          choices={[
            { value: "", label: fill(T.asAssistantSays, { what: (assistant.body.record ?? true) ? T.on : T.off }) },
            { value: "on", label: T.on },
            { value: "off", label: T.off },
          ]}
          value={typed.record}
          onChange={(record) => setTyped({ ...typed, record })}
        />
      </div>
      <Field label={T.atOnce} api="concurrent_calls" inputMode="numeric" placeholder={T.noLimit} hint={T.atOnceHint} {...bind("concurrent_calls")} />
      <Field label={T.longestInS} api="max_duration_s" inputMode="decimal" placeholder={String(assistant.body.max_duration_s ?? "")} {...bind("max_duration_s")} />
      <Field label={T.mayCall} api="countries" placeholder="US, GB" hint={T.mayCallHint} {...bind("countries")} />
      <Field label={T.pinned} api="pinned_version" inputMode="numeric" placeholder={T.publishedAnswers} {...bind("pinned_version")} />
      <Field label={T.callsFrom} api="phone_number" type="tel" placeholder="+14155550100" hint={T.callsFromHint} {...bind("phone_number")} />
      {elsewhere && saving.error && <Problem of={saving.error} />}
      <div className="form-foot">
        <Button look="act" type="submit" disabled={saving.isPending}>
          {T.save}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {texts.cancel}
        </Button>
      </div>
    </form>
  );
}
