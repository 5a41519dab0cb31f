import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { ME, signedIn } from "../../api/session";
import { login } from "../../client";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { texts } from "../../texts";

/** An address and its password. */
export function SignInForm({ onSignedIn }: { onSignedIn: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const queries = useQueryClient();
  const signing = useMutation({
    mutationFn: async () => (await login({ body: { email, password }, throwOnError: true })).data,
    onSuccess: (me) => {
      signedIn(me);
      queries.setQueryData(ME.queryKey, me);
      setPassword("");
      onSignedIn();
    },
    meta: { signsIn: true },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    signing.mutate();
  };
  return (
    <form className="grid gap-4" onSubmit={submit}>
      <Field label={texts.signIn.email} type="email" name="email" autoComplete="username" required value={email} onChange={(e) => setEmail(e.target.value)} />
      <Field
        label={texts.signIn.password}
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(e) => setPassword(e.target.value)}
      />
      {signing.error && <Problem of={signing.error} />}
      <div>
        <Button look="act" type="submit" disabled={signing.isPending}>
          {texts.signIn.do}
        </Button>
      </div>
    </form>
  );
}
