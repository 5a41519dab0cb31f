import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ME } from "../../../api/session";
import type { Me } from "../../../client";
import { Loading } from "../../../parts/Loading";
import { Problem } from "../../../parts/Problem";
import { texts } from "../../../texts";
import { assistantQuery, versionQuery } from "../queries";
import { Desk } from "./Desk";
import type { Saved } from "./useDraft";
import "./editor.css";

/** What an assistant says, when and with whom: the newest version to be changed, beside the one that answers. */
export function Editor() {
  const { data: me } = useSuspenseQuery(ME);
  const { id } = useParams({ from: "/inside/assistants/$id" });
  const found = useQuery(assistantQuery(Number(id)));
  if (found.error) {
    return (
      <div className="p-6">
        <Problem of={found.error} retry={() => void found.refetch()} />
      </div>
    );
  }
  return found.data ? <WithAnswering key={found.data.id} me={me} newest={found.data} /> : <Loading what={texts.assistant.loading} />;
}

function WithAnswering({ me, newest }: { me: Me; newest: Saved }) {
  const answers = newest.published_version;
  const found = useQuery({ ...versionQuery(newest.id, answers), placeholderData: (before) => before });
  if (answers !== null && !found.data) {
    return found.error ? <Problem of={found.error} retry={() => void found.refetch()} /> : <Loading what={texts.assistant.loading} />;
  }
  return <Desk me={me} newest={newest} answering={found.data && answers !== null ? { version: answers, body: found.data.body } : null} />;
}
