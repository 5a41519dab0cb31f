import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { type CredentialView, type Me, deleteCredential, verifyCredential } from "../../client";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { Icon } from "../../parts/Icon";
import { State } from "../../parts/State";
import { fill, texts } from "../../texts";
import { ago, clock, day, exact } from "../../words/times";
import { Users } from "./Users";
import { CREDENTIALS } from "./queries";

const T = texts.credentials;

/** A secret as it may be shown; a second line only where there is something to know. */
export function CredentialRow({ credential, me, onReplace }: { credential: CredentialView; me: Me; onReplace: () => void }) {
  const [deleting, setDeleting] = useState(false);
  const queries = useQueryClient();
  const refusedBefore = useQuery<string>({ queryKey: ["credentials", credential.id, "refused"], enabled: false });
  const verifying = useMutation({
    mutationFn: async () => (await verifyCredential({ path: { credential_id: credential.id }, throwOnError: true })).data,
    onSuccess: () => queries.removeQueries({ queryKey: ["credentials", credential.id, "refused"] }),
    // What the provider said is kept with the credential, a refusal too.
    onSettled: () => queries.invalidateQueries({ queryKey: CREDENTIALS.queryKey }),
  });
  const { verify_outcome: outcome, retired_until: retired, used_by: users } = credential;
  const wrong = outcome === "refused" || outcome === "no_answer";
  const told = verifying.error?.message ?? (wrong ? (refusedBefore.data ?? credential.verify_sentence) : undefined);
  const verified = credential.verified_at ? new Date(credential.verified_at) : null;
  return (
    <tr>
      <td>
        <span className="credential-name">
          <Icon name="key" />
          <b>{credential.name}</b>
        </span>
        {retired && (
          <p className="credential-note" data-soft="">
            {fill(T.retired, { at: `${day(new Date(retired))}, ${clock(new Date(retired))}` })}
          </p>
        )}
        {told && (
          <p className="credential-note">
            <Icon name="fault" />
            {told} {me.role !== "viewer" && <Button small onClick={onReplace}>{T.newKey}</Button>}
          </p>
        )}
      </td>
      <td>
        <code>{credential.provider}</code>
      </td>
      <td className="desk-only">
        <code>{credential.account}</code>
      </td>
      <td className="desk-only">
        <Users of={users} />
      </td>
      <td>
        {outcome === "refused" ? (
          <State kind="fault">{T.refused}</State>
        ) : outcome === "no_answer" ? (
          <State kind="attention">{T.noAnswer}</State>
        ) : credential.demo ? (
          <State kind="plain">{T.demo}</State>
        ) : verified ? (
          <span title={exact(verified)}>
            <State kind="good">{ago(verified)}</State>
          </span>
        ) : (
          <State kind="attention">{T.never}</State>
        )}
      </td>
      <td className="number">
        {me.role !== "viewer" && (
          <DropdownMenu.Root>
            <DropdownMenu.Trigger asChild>
              <Button look="quiet" small icon="more" aria-label={fill(T.actions, { name: credential.name })} />
            </DropdownMenu.Trigger>
            <DropdownMenu.Portal>
              <DropdownMenu.Content className="menu" align="end">
                <DropdownMenu.Item className="menu-item" onSelect={() => verifying.mutate()}>
                  {T.verify}
                </DropdownMenu.Item>
                <DropdownMenu.Item className="menu-item" onSelect={onReplace}>
                  {T.replace}
                </DropdownMenu.Item>
                <DropdownMenu.Item className="menu-item" data-fault="" onSelect={() => setDeleting(true)}>
                  {T.delete}
                </DropdownMenu.Item>
              </DropdownMenu.Content>
            </DropdownMenu.Portal>
          </DropdownMenu.Root>
        )}
        <Confirm
          open={deleting}
          onOpenChange={setDeleting}
          title={fill(T.deleteTitle, { name: credential.name })}
          text={users.length > 0 ? fill(T.deleteUsed, { names: users.map((each) => each.name).join(", ") }) : T.deleteText}
          verb={T.delete}
          act={async () => {
            await deleteCredential({ path: { credential_id: credential.id }, throwOnError: true });
            await queries.invalidateQueries({ queryKey: CREDENTIALS.queryKey });
          }}
        />
      </td>
    </tr>
  );
}
