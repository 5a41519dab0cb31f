import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Problem as ApiProblem } from "../../api/problem";
import { Loading } from "../../parts/Loading";
import { Problem } from "../../parts/Problem";
import { fill, texts } from "../../texts";
import { day } from "../../words/times";
import { ME } from "../../api/session";
import { Head } from "./Head";
import { PlainTranscript } from "./PlainTranscript";
import { LaidOpen } from "./LaidOpen";
import { callQuery, timelineQuery } from "./queries";
import "./call.css";

/** Why did it go like that? One call, on one time axis. */
export function Call() {
  const { id } = useParams({ from: "/inside/calls/$id" });
  const { data: me } = useSuspenseQuery(ME);
  const call = useQuery(callQuery(Number(id)));
  const goesOn = call.data !== undefined && call.data.status !== "ended";
  const timeline = useQuery({ ...timelineQuery(Number(id), goesOn), enabled: call.data?.has_journal === true || goesOn });
  if (call.isPending) {
    return <Loading what={texts.call.loading} />;
  }
  if (call.error) {
    return (
      <div className="p-6">
        <Problem of={call.error} retry={() => void call.refetch()} />
      </div>
    );
  }
  if (timeline.data && timeline.data.duration_ms > 0) {
    return <LaidOpen key={call.data.id} call={call.data} timeline={timeline.data} me={me} />;
  }
  const noJournal = timeline.error instanceof ApiProblem && timeline.error.status === 404;
  return (
    <>
      <Head call={call.data} me={me} />
      {timeline.isFetching && !timeline.data && <Loading what={texts.call.loading} />}
      {timeline.error && !noJournal && (
        <div className="p-6">
          <Problem of={timeline.error} retry={() => void timeline.refetch()} />
        </div>
      )}
      {call.data.erased_at ? (
        <section className="empty">
          <h2>{fill(texts.call.erased, { day: day(new Date(call.data.erased_at)) })}</h2>
        </section>
      ) : (
        (noJournal || (!call.data.has_journal && !goesOn)) && (
          <section className="empty">
            <h2>{texts.call.noJournal}</h2>
            <p>{texts.call.noJournalText}</p>
          </section>
        )
      )}
      <PlainTranscript call={call.data} />
    </>
  );
}
