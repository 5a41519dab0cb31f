import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Me, publishVersion } from "../../../client";
import { LockedButton } from "../../../parts/LockedButton";
import { Problem } from "../../../parts/Problem";
import { State } from "../../../parts/State";
import { fill, texts } from "../../../texts";

const T = texts.versions;

/** Lets the chosen version answer. An older one is the way back, and is undone the same way. */
export function Publish({ me, id, version, answering, note }: { me: Me; id: number; version: number; answering: number | undefined; note: string }) {
  const queries = useQueryClient();
  const publishing = useMutation({
    mutationFn: async () => (await publishVersion({ path: { assistant_id: id, version }, throwOnError: true })).data,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["assistants"] }),
  });
  const back = answering !== undefined && version < answering;
  const title = fill(version === answering ? T.answersTitle : back ? T.rollBack : T.publish, { n: version });
  return (
    <aside className="version-publish" aria-labelledby="publish-title">
      <div className="section-head">
        <h2 id="publish-title">{title}</h2>
      </div>
      {note && <p className="version-said">{note}</p>}
      {version === answering ? (
        <State kind="good">{T.answersNow}</State>
      ) : (
        <>
          <p className="small soft">{T.fromNext}</p>
          <LockedButton role={me.role} needs="editor" look="act" disabled={publishing.isPending} onClick={() => publishing.mutate()}>
            {title}
          </LockedButton>
          {answering !== undefined && <p className="small faint">{fill(T.stays, { n: answering })}</p>}
        </>
      )}
      {publishing.error && <Problem of={publishing.error} />}
      {publishing.data?.hints.map((each) => (
        <p key={each} className="small">
          {each}
        </p>
      ))}
    </aside>
  );
}
