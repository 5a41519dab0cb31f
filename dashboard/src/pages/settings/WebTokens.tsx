import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ME } from "../../api/session";
import { Loading } from "../../parts/Loading";
import { LockedButton } from "../../parts/LockedButton";
import { NeedsRole } from "../../parts/NeedsRole";
import { Problem } from "../../parts/Problem";
import { SideSheet } from "../../parts/SideSheet";
import { texts } from "../../texts";
import { NewWebTokenForm } from "./NewWebTokenForm";
import { PageHead } from "./PageHead";
import { WebTokenRow } from "./WebTokenRow";
import { WEB_TOKENS } from "./queries";

const T = texts.settings.web;

/** Which pages of other sites may let their visitors talk to an assistant. */
export function WebTokens() {
  const { data: me } = useSuspenseQuery(ME);
  const found = useQuery(WEB_TOKENS);
  const [making, setMaking] = useState(false);
  return (
    <>
      <PageHead
        title={T.title}
        actions={
          <LockedButton look="act" icon="plus" role={me.role} needs="editor" onClick={() => setMaking(true)}>
            {T.make}
          </LockedButton>
        }
      >
        {T.about}
      </PageHead>
      <NeedsRole me={me} least="editor" />
      {found.isPending && <Loading what={T.loading} />}
      {found.error && <Problem of={found.error} retry={() => void found.refetch()} />}
      {found.data?.length === 0 && <p className="soft">{T.empty}</p>}
      <ul className="web-tokens">
        {found.data?.map((each) => (
          <WebTokenRow key={each.id} of={each} me={me} />
        ))}
      </ul>
      <SideSheet open={making} title={T.make} onClose={() => setMaking(false)}>
        <NewWebTokenForm onDone={() => setMaking(false)} />
      </SideSheet>
    </>
  );
}
