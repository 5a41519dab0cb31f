import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ME } from "../../api/session";
import { Button } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Problem } from "../../parts/Problem";
import { SideSheet } from "../../parts/SideSheet";
import { fill, texts } from "../../texts";
import { ApiKeyRow } from "./ApiKeyRow";
import { NewKeyForm } from "./NewKeyForm";
import { PageHead } from "./PageHead";
import { WithRole } from "./WithRole";
import { API_KEYS } from "./queries";

const T = texts.settings.apiKeys;

/** With which keys programs act in this project. */
export function ApiKeys() {
  return (
    <WithRole needs="admin" title={T.title}>
      <Keys />
    </WithRole>
  );
}

function Keys() {
  const { data: me } = useSuspenseQuery(ME);
  const found = useQuery(API_KEYS);
  const [making, setMaking] = useState(false);
  return (
    <>
      <PageHead
        title={T.title}
        actions={
          <Button look="act" icon="plus" onClick={() => setMaking(true)}>
            {T.make}
          </Button>
        }
      >
        {fill(T.about, { project: me.project.name })}
      </PageHead>
      {found.isPending && <Loading what={T.loading} />}
      {found.error && <Problem of={found.error} retry={() => void found.refetch()} />}
      {found.data?.length === 0 && <p className="soft">{T.empty}</p>}
      {found.data && found.data.length > 0 && (
        <table className="table open-table">
          <thead>
            <tr>
              <th scope="col">{T.name}</th>
              <th scope="col" className="desk-only">
                {T.role}
              </th>
              <th scope="col">{T.used}</th>
              <th scope="col" className="desk-only">
                {T.ends}
              </th>
              <th scope="col">
                <span className="unseen">{T.revoke}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {found.data.map((each) => (
              <ApiKeyRow key={each.id} of={each} />
            ))}
          </tbody>
        </table>
      )}
      <SideSheet open={making} title={T.make} onClose={() => setMaking(false)}>
        <NewKeyForm me={me} onDone={() => setMaking(false)} />
      </SideSheet>
    </>
  );
}
