import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ME } from "../../api/session";
import { putPhoneDeployment } from "../../client";
import { Loading } from "../../parts/Loading";
import { may } from "../../parts/LockedButton";
import { NeedsRole } from "../../parts/NeedsRole";
import { Problem } from "../../parts/Problem";
import { State } from "../../parts/State";
import { Switch } from "../../parts/Switch";
import { fill, texts } from "../../texts";
import { AssistantHead } from "../assistants/AssistantHead";
import { Behaviour } from "./Behaviour";
import { CallMe } from "./CallMe";
import { Way } from "./Way";
import { changed } from "./change";
import { assistantQuery, deploymentQuery } from "./queries";
import "./phone-deployment.css";

const T = texts.phoneDeployment;

/** Whether an assistant is on the phone, and whether every station of a call's way is sound. */
export function PhoneDeployment() {
  const id = Number(useParams({ from: "/inside/assistants/$id/phone" }).id);
  const { data: me } = useSuspenseQuery(ME);
  const assistant = useQuery(assistantQuery(id));
  const found = useQuery(deploymentQuery(id));
  const queries = useQueryClient();
  const deployment = found.data;
  const switching = useMutation({
    mutationFn: async (enabled: boolean) => {
      if (deployment) {
        await putPhoneDeployment({ path: { assistant_id: id }, body: changed(deployment, {}, { enabled }), throwOnError: true });
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["assistants", id] }),
  });
  const problem = assistant.error ?? found.error;
  if (problem) {
    return (
      <div className="p-6">
        <Problem of={problem} retry={() => void Promise.all([assistant.refetch(), found.refetch()])} />
      </div>
    );
  }
  if (!assistant.data || deployment === undefined) {
    return <Loading what={T.loading} />;
  }
  const mayChange = may(me.role, "editor");
  return (
    <>
      <AssistantHead id={assistant.data.id} name={assistant.data.name} state={<Answering version={assistant.data.published_version} />}>
        {deployment && (
          <Switch on={switching.isPending ? switching.variables : deployment.enabled} disabled={!mayChange} onChange={(on) => switching.mutate(on)}>
            {T.answers}
          </Switch>
        )}
      </AssistantHead>
      <div className="phone-split">
        <section className="phone-main" aria-label={T.way}>
          <NeedsRole me={me} least="editor" />
          {switching.error && <Problem of={switching.error} />}
          <Way assistant={assistant.data} deployment={deployment} me={me} />
        </section>
        <aside className="phone-side">
          <CallMe assistant={assistant.data} deployment={deployment} me={me} />
          {deployment && <Behaviour assistant={assistant.data} deployment={deployment} me={me} />}
        </aside>
      </div>
    </>
  );
}

function Answering({ version }: { version: number | null }) {
  return version === null ? <State kind="attention">{T.unpublished}</State> : <State kind="good">{fill(T.version, { n: version })}</State>;
}
