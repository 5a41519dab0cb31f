import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Problem } from "../../parts/Problem";
import { texts } from "../../texts";
import { ZONE } from "../../words/times";
import { AuditTable } from "./AuditTable";
import { PageHead } from "./PageHead";
import { WithRole } from "./WithRole";
import { API_KEYS, MEMBERS, auditQuery } from "./queries";

const T = texts.settings.audit;
type Kind = keyof typeof T.about;

/** Who did what, with what each deed changed. Filters stand in the address. */
export function Audit() {
  return (
    <WithRole needs="admin" title={T.title}>
      <Deeds />
    </WithRole>
  );
}

function Deeds() {
  const filters = useSearch({ from: "/inside/settings/audit" });
  const navigate = useNavigate({ from: "/settings/audit" });
  const members = useQuery(MEMBERS);
  const keys = useQuery(API_KEYS);
  const found = useInfiniteQuery(auditQuery(filters));
  const deeds = found.data?.pages.flatMap((each) => each.items) ?? [];
  const choose = (field: "action" | "actor", value: string) => void navigate({ search: { ...filters, [field]: value || undefined } });
  const filtered = filters.action !== undefined || filters.actor !== undefined;
  return (
    <>
      <PageHead title={T.title}>{T.text.replace("{zone}", ZONE)}</PageHead>
      <div className="audit-filters">
        <select className="input" aria-label={T.what} value={filters.action ?? ""} onChange={(event) => choose("action", event.target.value)}>
          <option value="">{T.everything}</option>
          {(Object.keys(T.about) as Kind[]).map((each) => (
            <option key={each} value={each}>
              {T.about[each]}
            </option>
          ))}
        </select>
        <select className="input" aria-label={T.who} value={filters.actor ?? ""} onChange={(event) => choose("actor", event.target.value)}>
          <option value="">{T.anybody}</option>
          {members.data?.map((each) => (
            <option key={each.id} value={`user:${each.id}`}>
              {each.name}
            </option>
          ))}
          {keys.data?.map((each) => (
            <option key={each.id} value={`key:${each.id}`}>
              {T.keyNamed.replace("{name}", each.name)}
            </option>
          ))}
          <option value="cli">{T.actors.cli}</option>
        </select>
      </div>
      {found.isPending && <Loading what={T.loading} />}
      {found.error && <Problem of={found.error} retry={() => void found.refetch()} />}
      {found.data && deeds.length === 0 && (
        <section className="locked-page">
          <h2>{T.empty}</h2>
          <p className="soft">{filtered ? T.emptyFiltered : T.emptyText}</p>
          {filtered && (
            <div>
              <Button onClick={() => void navigate({ search: {} })}>{T.dropFilters}</Button>
            </div>
          )}
        </section>
      )}
      {deeds.length > 0 && <AuditTable deeds={deeds} />}
      {found.hasNextPage && (
        <div>
          <Button disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {T.earlier}
          </Button>
        </div>
      )}
    </>
  );
}
