import { useMutation, useQueryClient } from "@tanstack/react-query";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { type Me, type MemberView, changeMember, removeMember } from "../../client";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { may } from "../../parts/LockedButton";
import { Problem } from "../../parts/Problem";
import { SideSheet } from "../../parts/SideSheet";
import { fill, texts } from "../../texts";
import { day, exact } from "../../words/times";
import { PasswordForm } from "./PasswordForm";
import { RoleSelect } from "./RoleSelect";
import { MEMBERS } from "./queries";

const T = texts.settings.members;

/** A member and their role, which takes hold as soon as it is chosen. */
export function MemberRow({ member, me }: { member: MemberView; me: Me }) {
  const [removing, setRemoving] = useState(false);
  const [changingPassword, setChangingPassword] = useState(false);
  const queries = useQueryClient();
  const own = member.id === me.user?.id;
  const touchable = may(me.role, "admin") && may(me.role, member.role);
  const changing = useMutation({
    mutationFn: async (role: MemberView["role"]) => (await changeMember({ path: { user_id: member.id }, body: { role }, throwOnError: true })).data,
    onSettled: () => queries.invalidateQueries({ queryKey: own ? undefined : MEMBERS.queryKey }),
  });
  return (
    <tr>
      <td>
        <span className="two">
          <span>
            <b>{member.name}</b> {own && <span className="faint">{T.you}</span>}
          </span>
          <small>{member.email}</small>
        </span>
        {changing.error && <Problem of={changing.error} />}
      </td>
      <td>
        {touchable ? (
          <RoleSelect label={fill(T.roleOf, { name: member.name })} most={me.role} value={member.role} disabled={changing.isPending} onChange={(role) => changing.mutate(role)} />
        ) : (
          texts.shell.role[member.role]
        )}
      </td>
      <td className="desk-only soft" title={exact(new Date(member.created_at))}>
        {day(new Date(member.created_at))}
      </td>
      <td className="number">
        {(own || touchable) && (
          <DropdownMenu.Root>
            <DropdownMenu.Trigger asChild>
              <Button look="quiet" small icon="more" aria-label={fill(T.actions, { name: member.name })} />
            </DropdownMenu.Trigger>
            <DropdownMenu.Portal>
              <DropdownMenu.Content className="menu" align="end">
                {own && (
                  <DropdownMenu.Item className="menu-item" onSelect={() => setChangingPassword(true)}>
                    {T.password}
                  </DropdownMenu.Item>
                )}
                {touchable && (
                  <DropdownMenu.Item className="menu-item" data-fault="" onSelect={() => setRemoving(true)}>
                    {T.remove}
                  </DropdownMenu.Item>
                )}
              </DropdownMenu.Content>
            </DropdownMenu.Portal>
          </DropdownMenu.Root>
        )}
        <SideSheet open={changingPassword} title={T.password} onClose={() => setChangingPassword(false)}>
          <PasswordForm onDone={() => setChangingPassword(false)} />
        </SideSheet>
        <Confirm
          open={removing}
          onOpenChange={setRemoving}
          title={fill(T.removeTitle, { name: member.name })}
          text={T.removeText}
          verb={T.remove}
          act={async () => {
            await removeMember({ path: { user_id: member.id }, throwOnError: true });
            await queries.invalidateQueries({ queryKey: MEMBERS.queryKey });
          }}
        />
      </td>
    </tr>
  );
}
