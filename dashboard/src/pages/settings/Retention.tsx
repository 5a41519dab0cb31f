import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { ME } from "../../api/session";
import { Loading } from "../../parts/Loading";
import { NeedsRole } from "../../parts/NeedsRole";
import { Problem } from "../../parts/Problem";
import { texts } from "../../texts";
import { PageHead } from "./PageHead";
import { RetentionForm } from "./RetentionForm";
import { RETENTION } from "./queries";

const T = texts.settings.retention;

/** For how long conversations are kept, and what stays of them. */
export function Retention() {
  const { data: me } = useSuspenseQuery(ME);
  const found = useQuery(RETENTION);
  return (
    <>
      <PageHead title={T.title}>{T.about}</PageHead>
      {found.isPending && <Loading what={T.loading} />}
      {found.error && <Problem of={found.error} retry={() => void found.refetch()} />}
      {found.data && <RetentionForm me={me} kept={found.data} />}
      <NeedsRole me={me} least="admin" />
      <section className="settings-section">
        <div className="section-head">
          <h2>{T.goes}</h2>
        </div>
        <dl className="facts settings-list">
          <dt>{T.deleted}</dt>
          <dd>{T.deletedWhat}</dd>
          <dt>{T.stays}</dt>
          <dd>{T.staysWhat}</dd>
        </dl>
      </section>
    </>
  );
}
