import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
import { createCredential, verifyCredential } from "../../client";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { fill, texts } from "../../texts";
import { fieldsOf, isSecret, labelOf } from "../credentials/declared";
import { CREDENTIALS, PROVIDERS } from "../credentials/queries";

const T = texts.yourNumber;
const CARRIER = "twilio";

/** A carrier's account, kept and tried in one go. */
export function AccountForm({ locked }: { locked: boolean }) {
  const providers = useQuery(PROVIDERS);
  const [value, setValue] = useState<Readonly<Record<string, string>>>({});
  const queries = useQueryClient();
  const keeping = useMutation({
    mutationFn: async () => {
      const kept = (await createCredential({ body: { provider: CARRIER, name: T.accountName, value }, throwOnError: true })).data;
      setValue({});
      // A refusal is kept with the credential, and told beside it.
      await verifyCredential({ path: { credential_id: kept.id }, throwOnError: true }).catch(() => undefined);
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: CREDENTIALS.queryKey }),
  });
  const declared = providers.data?.find((each) => each.name === CARRIER);
  const fields = declared ? fieldsOf(declared).filter((each) => each.required) : [];
  const problem = keeping.error instanceof ApiProblem ? keeping.error : null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    keeping.mutate();
  };
  return (
    <form className="account-form" onSubmit={submit}>
      <div>
        {fields.map((field) => {
          const text = value[field.name] ?? "";
          const unlike = text && field.pattern && !field.pattern.test(text);
          return (
            <Field
              key={field.name}
              label={labelOf(field.name)}
              api={field.name}
              className="mono"
              type={isSecret(field.name) ? "password" : "text"}
              autoComplete="off"
              spellCheck={false}
              required
              value={text}
              wrong={problem?.about(field.name) ?? (unlike ? fill(texts.credentials.unlike, { n: text.length, most: field.maxLength ?? text.length, pattern: field.pattern?.source ?? "" }) : undefined)}
              onChange={(event) => setValue({ ...value, [field.name]: event.target.value.trim() })}
            />
          );
        })}
        <Button look="act" type="submit" disabled={locked || keeping.isPending}>
          {texts.credentials.create}
        </Button>
      </div>
      <p className="hint">{T.where}</p>
      {keeping.error && !fields.some((field) => problem?.about(field.name)) && <Problem of={keeping.error} />}
    </form>
  );
}
