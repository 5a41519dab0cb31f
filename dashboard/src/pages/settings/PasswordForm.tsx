import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
import { signedOff } from "../../api/session";
import { changePassword } from "../../client";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { texts } from "../../texts";

const T = texts.settings.members;

/** One's own password. Every session ends with the old one, this one too. */
export function PasswordForm({ onDone }: { onDone: () => void }) {
  const [old, setOld] = useState("");
  const [wanted, setWanted] = useState("");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const changing = useMutation({
    mutationFn: async () => changePassword({ body: { old_password: old, new_password: wanted }, throwOnError: true }),
    onSuccess: async () => {
      signedOff();
      queries.clear();
      await navigate({ to: "/sign-in" });
    },
  });
  const wrong = changing.error instanceof ApiProblem ? (changing.error.about("new_password") ?? changing.error.about("password")) : undefined;
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        changing.mutate();
      }}
    >
      <Field label={T.oldPassword} type="password" autoComplete="current-password" required value={old} onChange={(event) => setOld(event.target.value)} />
      <Field label={T.newPassword} type="password" autoComplete="new-password" required value={wanted} wrong={wrong} hint={texts.welcome.passwordHint} onChange={(event) => setWanted(event.target.value)} />
      <p className="hint">{T.passwordText}</p>
      {changing.error && !wrong && <Problem of={changing.error} />}
      <div className="form-foot">
        <Button look="act" type="submit" disabled={changing.isPending}>
          {T.password}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {texts.cancel}
        </Button>
      </div>
    </form>
  );
}
