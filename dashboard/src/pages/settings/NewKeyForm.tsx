import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
import { type Me, createApiKey } from "../../client";
import { Button } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { texts } from "../../texts";
import { RoleChoice } from "./RoleChoice";
import { API_KEYS } from "./queries";

const T = texts.settings.apiKeys;
const ROLES = ["viewer", "editor", "admin"] as const;

/** A key is shown once, when it is made; then only its beginning is. */
export function NewKeyForm({ me, onDone }: { me: Me; onDone: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<(typeof ROLES)[number]>("editor");
  const [until, setUntil] = useState("");
  const queries = useQueryClient();
  const making = useMutation({
    mutationFn: async () => {
      const expires_at = until ? new Date(`${until}T23:59:59`).toISOString() : null;
      return (await createApiKey({ body: { name, role, expires_at }, throwOnError: true })).data;
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: API_KEYS.queryKey }),
  });
  if (making.data) {
    return (
      <div className="settings-form">
        <p>{T.once}</p>
        <Copy text={making.data.key} />
        <p className="hint">{T.onceText}</p>
        <div className="form-foot">
          <Button look="act" onClick={onDone}>
            {T.kept}
          </Button>
        </div>
      </div>
    );
  }
  const problem = making.error instanceof ApiProblem ? making.error : null;
  const told = problem?.about("name") ?? problem?.about("expires_at");
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        making.mutate();
      }}
    >
      <Field label={T.name} api="name" required maxLength={100} value={name} hint={T.nameHint} wrong={problem?.about("name")} onChange={(event) => setName(event.target.value)} />
      <RoleChoice roles={ROLES} most={me.role} value={role} onChange={setRole} />
      <Field label={T.expires} api="expires_at" type="date" value={until} hint={T.expiresHint} wrong={problem?.about("expires_at")} onChange={(event) => setUntil(event.target.value)} />
      {making.error && !told && <Problem of={making.error} />}
      <div className="form-foot">
        <Button look="act" type="submit" disabled={making.isPending}>
          {T.make}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {texts.cancel}
        </Button>
      </div>
    </form>
  );
}
