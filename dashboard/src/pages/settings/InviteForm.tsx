import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
import { type Me, createMember } from "../../client";
import { Button } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { Field } from "../../parts/Field";
import type { Role } from "../../parts/LockedButton";
import { Problem } from "../../parts/Problem";
import { fill, texts } from "../../texts";
import { RoleChoice } from "./RoleChoice";
import { ROLES } from "./RoleSelect";
import { newPassword } from "./new-password";
import { MEMBERS } from "./queries";

const T = texts.settings.members;

/** A new member, with a first password that is shown once: nothing here sends mail. */
export function InviteForm({ me, onDone }: { me: Me; onDone: () => void }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [password] = useState(newPassword);
  const queries = useQueryClient();
  const inviting = useMutation({
    mutationFn: async () => (await createMember({ body: { name, email, role, password }, throwOnError: true })).data,
    onSuccess: () => queries.invalidateQueries({ queryKey: MEMBERS.queryKey }),
  });
  if (inviting.data) {
    return (
      <div className="settings-form">
        <p>{fill(T.invited, { name: inviting.data.name })}</p>
        <Copy text={fill(T.letter, { address: `${window.location.origin}/sign-in`, email: inviting.data.email, password })} />
        <p className="hint">{T.invitedText}</p>
        <div className="form-foot">
          <Button look="act" onClick={onDone}>
            {texts.close}
          </Button>
        </div>
      </div>
    );
  }
  const problem = inviting.error instanceof ApiProblem ? inviting.error : null;
  const told = problem?.about("email") ?? problem?.about("name");
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        inviting.mutate();
      }}
    >
      <Field label={T.name} api="name" required maxLength={100} value={name} wrong={problem?.about("name")} onChange={(event) => setName(event.target.value)} />
      <Field label={T.email} api="email" type="email" required maxLength={255} value={email} wrong={problem?.about("email")} onChange={(event) => setEmail(event.target.value)} />
      <RoleChoice roles={ROLES} most={me.role} value={role} onChange={setRole} />
      <p className="hint">{T.inviteText}</p>
      {inviting.error && !told && <Problem of={inviting.error} />}
      <div className="form-foot">
        <Button look="act" type="submit" disabled={inviting.isPending}>
          {T.invite}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {texts.cancel}
        </Button>
      </div>
    </form>
  );
}
