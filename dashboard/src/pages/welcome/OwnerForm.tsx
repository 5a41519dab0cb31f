import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
import { ME, signedIn } from "../../api/session";
import { type Welcome, setup } from "../../client";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { count, texts } from "../../texts";

const FIELDS = ["code", "name", "email", "password", "organization", "project"];

/** Everything a first run asks. The link's fragment has filled the code in; nothing is sent before the button. */
export function OwnerForm({ code, onCreated }: { code: string; onCreated: (welcome: Welcome) => void }) {
  const [form, setForm] = useState({ code, name: "", email: "", password: "", organization: "", project: texts.welcome.projectName });
  const queries = useQueryClient();
  const creating = useMutation({
    mutationFn: async () => (await setup({ body: form, throwOnError: true })).data,
    onSuccess: (welcome) => {
      signedIn(welcome);
      queries.setQueryData(ME.queryKey, welcome);
      onCreated(welcome);
    },
    meta: { signsIn: true },
  });
  const problem = creating.error instanceof ApiProblem ? creating.error : null;
  // A wrong code is told without a field's name.
  const codeWrong = problem?.status === 403 ? problem.message : problem?.about("code");
  const elsewhere = creating.error && !codeWrong && !FIELDS.some((each) => problem?.about(each));
  const bind = (name: keyof typeof form) => ({
    name,
    required: true,
    value: form[name],
    wrong: name === "code" ? codeWrong : problem?.about(name),
    onChange: (event: { target: { value: string } }) => setForm({ ...form, [name]: event.target.value }),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    creating.mutate();
  };
  const typed = form.password.length;
  return (
    <form className="form-sheet" onSubmit={submit}>
      <Field label={texts.welcome.code} api="code" className="mono" autoComplete="off" spellCheck={false} {...bind("code")} />
      <div className="two">
        <Field label={texts.welcome.name} autoComplete="name" {...bind("name")} />
        <Field label={texts.welcome.email} type="email" autoComplete="username" {...bind("email")} />
      </div>
      <Field
        label={texts.welcome.password}
        type="password"
        autoComplete="new-password"
        hint={typed ? count(texts.welcome.passwordLength, typed) : texts.welcome.passwordHint}
        {...bind("password")}
      />
      <div className="two">
        <Field label={texts.welcome.organization} autoComplete="organization" {...bind("organization")} />
        <Field label={texts.welcome.project} hint={texts.welcome.projectHint} {...bind("project")} />
      </div>
      {elsewhere && creating.error && <Problem of={creating.error} />}
      <div className="form-foot">
        <Button look="act" type="submit" disabled={creating.isPending}>
          {texts.welcome.do}
        </Button>
        <span className="hint">{texts.welcome.next}</span>
      </div>
    </form>
  );
}
