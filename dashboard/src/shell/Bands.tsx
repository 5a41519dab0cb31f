import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Problem } from "../api/problem";
import { SERVER } from "../api/server";
import { Button } from "../parts/Button";
import { fill, texts } from "../texts";

const T = texts.bands;
const EVERY_MS = 5000;
const TICK_MS = 1000;

/** What hinders the whole page: the server or its database is away, or the server finishes its last calls. */
export function Bands() {
  const queries = useQueryClient();
  const { data, error, errorUpdatedAt } = useQuery(SERVER);
  const away = error instanceof Problem && (error.status === 0 || error.status >= 500);
  const was = useRef(false);
  useEffect(() => {
    if (was.current && !away) {
      // What waited is asked for again at once.
      void queries.invalidateQueries();
    }
    was.current = away;
  }, [away, queries]);
  if (away) {
    const told = error.code === "store_unavailable" ? T.database : T.server;
    return (
      <div className="band" role="alert">
        <b>{told.lead}</b> {told.text} <Next since={errorUpdatedAt} />
        <Button small onClick={() => void queries.refetchQueries({ queryKey: SERVER.queryKey })}>
          {T.now}
        </Button>
      </div>
    );
  }
  if (data?.draining) {
    return (
      <div className="band" role="status" data-kind="draining">
        <b>{T.draining.lead}</b> {T.draining.text}
      </div>
    );
  }
  return null;
}

/** Counts down to the next try. It is told once to who listens, and then only seen. */
function Next({ since }: { since: number }) {
  const [now, setNow] = useState(since);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const s = Math.max(1, Math.ceil((since + EVERY_MS - Math.max(now, since)) / TICK_MS));
  return <span aria-hidden="true">{fill(T.next, { s })}</span>;
}
