import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
import { type CredentialView, type ProviderView, createCredential, replaceCredential, verifyCredential } from "../../client";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { fill, texts } from "../../texts";
import { ProviderChoice } from "./ProviderChoice";
import { type Declared, fieldsOf, isSecret, labelOf } from "./declared";
import { CREDENTIALS } from "./queries";

const T = texts.credentials;

/** Exactly the fields that the provider declares. With `replaces`, a new secret in the place of a kept one. */
export function CredentialForm({ providers, replaces, onDone }: { providers: readonly ProviderView[]; replaces?: CredentialView; onDone: () => void }) {
  const [provider, setProvider] = useState(replaces?.provider ?? "twilio");
  const [name, setName] = useState(replaces?.name ?? "");
  const [value, setValue] = useState<Readonly<Record<string, string>>>({});
  const [verify, setVerify] = useState(true);
  const queries = useQueryClient();
  const chosen = providers.find((each) => each.name === provider && each.credential !== null);
  const fields = chosen ? fieldsOf(chosen) : [];
  const keeping = useMutation({
    mutationFn: async () => {
      const typed = Object.fromEntries(Object.entries(value).filter(([, text]) => text));
      const kept = replaces
        ? (await replaceCredential({ path: { credential_id: replaces.id }, body: { name, value: typed }, throwOnError: true })).data
        : (await createCredential({ body: { provider, name, value: typed }, throwOnError: true })).data;
      // A form that was used holds no secret.
      setValue({});
      return kept;
    },
    onSuccess: async (kept) => {
      if (verify) {
        await verifyCredential({ path: { credential_id: kept.id }, throwOnError: true }).catch((refused: Error) => queries.setQueryData(["credentials", kept.id, "refused"], refused.message));
      }
      await queries.invalidateQueries({ queryKey: CREDENTIALS.queryKey });
      onDone();
    },
  });
  const problem = keeping.error instanceof ApiProblem ? keeping.error : null;
  const wrongWith = (field: Declared): string | undefined => {
    const text = value[field.name] ?? "";
    const unlike = text && field.pattern && !field.pattern.test(text);
    return problem?.about(field.name) ?? (unlike ? fill(T.unlike, { n: text.length, most: field.maxLength ?? text.length, pattern: field.pattern?.source ?? "" }) : undefined);
  };
  const row = (field: Declared) => (
    <Field
      key={field.name}
      label={labelOf(field.name)}
      api={field.name}
      className="mono"
      type={isSecret(field.name) ? "password" : "text"}
      autoComplete="off"
      spellCheck={false}
      required={field.required}
      value={value[field.name] ?? ""}
      wrong={wrongWith(field)}
      hint={isSecret(field.name) && field.required ? T.sealed : undefined}
      onChange={(event) => setValue({ ...value, [field.name]: event.target.value.trim() })}
    />
  );
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    keeping.mutate();
  };
  const more = fields.filter((field) => !field.required);
  const elsewhere = keeping.error && !fields.some((field) => problem?.about(field.name)) && !problem?.about("name");
  return (
    <form className="credential-form" onSubmit={submit}>
      {!replaces && (
        <ProviderChoice
          providers={providers}
          value={provider}
          onChange={(now) => {
            setProvider(now);
            setValue({});
          }}
        />
      )}
      <Field label={T.name} required maxLength={100} value={name} wrong={problem?.about("name")} onChange={(event) => setName(event.target.value)} />
      {fields.filter((field) => field.required).map(row)}
      {more.length > 0 && (
        <details open={fields.every((field) => !field.required)}>
          <summary>{T.more}</summary>
          <div className="grid gap-4 pt-3">{more.map(row)}</div>
        </details>
      )}
      <button type="button" className="switch" role="switch" aria-checked={verify} onClick={() => setVerify(!verify)}>
        <i aria-hidden="true" />
        <span>
          {T.verifyAtOnce} <span className="hint block">{T.verifyText}</span>
        </span>
      </button>
      {elsewhere && keeping.error && <Problem of={keeping.error} />}
      <div className="form-foot">
        <Button look="act" type="submit" disabled={keeping.isPending}>
          {replaces ? T.replaceDo : T.create}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {texts.cancel}
        </Button>
      </div>
    </form>
  );
}
