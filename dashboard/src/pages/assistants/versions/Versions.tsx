import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ME } from "../../../api/session";
import type { Me, VersionView } from "../../../client";
import { Loading } from "../../../parts/Loading";
import { Problem } from "../../../parts/Problem";
import { fill, texts } from "../../../texts";
import { AssistantHead } from "../AssistantHead";
import { assistantQuery, versionsQuery } from "../queries";
import { Diff } from "./Diff";
import { Publish } from "./Publish";
import { VersionList } from "./VersionList";
import "./versions.css";

const T = texts.versions;

/** What each version was, what another would change, and the way there and back. */
export function Versions() {
  const { data: me } = useSuspenseQuery(ME);
  const id = Number(useParams({ from: "/inside/assistants/$id/versions" }).id);
  const assistant = useQuery(assistantQuery(id));
  const versions = useQuery(versionsQuery(id));
  const problem = assistant.error ?? versions.error;
  if (problem) {
    return (
      <div className="p-6">
        <Problem of={problem} retry={() => void Promise.all([assistant.refetch(), versions.refetch()])} />
      </div>
    );
  }
  if (!assistant.data || !versions.data) {
    return <Loading what={T.loading} />;
  }
  return (
    <>
      <AssistantHead id={id} name={assistant.data.name} versions={versions.data.length} />
      <Sheet me={me} id={id} versions={versions.data} />
    </>
  );
}

function Sheet({ me, id, versions }: { me: Me; id: number; versions: readonly VersionView[] }) {
  const { a, b } = useSearch({ from: "/inside/assistants/$id/versions" });
  const navigate = useNavigate({ from: "/assistants/$id/versions" });
  const answering = versions.find((each) => each.published)?.version;
  const newest = versions[0]?.version ?? 1;
  const chosen = b ?? newest;
  const against = a ?? (answering !== undefined && answering !== chosen ? answering : (versions.find((each) => each.version < chosen)?.version ?? chosen));
  const show = (version: number) => void navigate({ search: { a: against === version ? undefined : a, b: version } });
  return (
    <div className="versions">
      <VersionList versions={versions} chosen={chosen} onChoose={show} />
      <section className="version-diff" aria-label={fill(T.against, { n: chosen, other: against })}>
        {chosen === against ? <p className="soft">{T.only}</p> : <Diff id={id} version={chosen} against={against} versions={versions} onAgainst={(other) => void navigate({ search: { a: other, b: chosen } })} />}
      </section>
      <Publish me={me} id={id} version={chosen} answering={answering} note={versions.find((each) => each.version === chosen)?.note ?? ""} />
    </div>
  );
}
