import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ME } from "../../api/session";
import { Loading } from "../../parts/Loading";
import { LockedButton } from "../../parts/LockedButton";
import { NeedsRole } from "../../parts/NeedsRole";
import { Problem } from "../../parts/Problem";
import { SideSheet } from "../../parts/SideSheet";
import { fill, texts } from "../../texts";
import { InviteForm } from "./InviteForm";
import { MemberRow } from "./MemberRow";
import { PageHead } from "./PageHead";
import { MEMBERS } from "./queries";

const T = texts.settings.members;

/** Who may do what, in all projects of the organization. */
export function Members() {
  const { data: me } = useSuspenseQuery(ME);
  const found = useQuery(MEMBERS);
  const [inviting, setInviting] = useState(false);
  return (
    <>
      <PageHead
        title={T.title}
        actions={
          <LockedButton look="act" icon="plus" role={me.role} needs="admin" onClick={() => setInviting(true)}>
            {T.invite}
          </LockedButton>
        }
      >
        {fill(T.about, { organization: me.organization.name })}
      </PageHead>
      <NeedsRole me={me} least="admin" />
      {found.isPending && <Loading what={T.loading} />}
      {found.error && <Problem of={found.error} retry={() => void found.refetch()} />}
      {found.data && (
        <table className="table open-table">
          <thead>
            <tr>
              <th scope="col">{T.who}</th>
              <th scope="col">{T.role}</th>
              <th scope="col" className="desk-only">
                {T.since}
              </th>
              <th scope="col">
                <span className="unseen">{T.do}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {found.data.map((each) => (
              <MemberRow key={each.id} member={each} me={me} />
            ))}
          </tbody>
        </table>
      )}
      <SideSheet open={inviting} title={T.invite} onClose={() => setInviting(false)}>
        <InviteForm me={me} onDone={() => setInviting(false)} />
      </SideSheet>
    </>
  );
}
