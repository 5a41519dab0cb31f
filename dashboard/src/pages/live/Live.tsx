import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import { ME } from "../../api/session";
import { Button, lookOf } from "../../parts/Button";
import { State } from "../../parts/State";
import { fill, texts } from "../../texts";
import { byNight } from "../../theme";
import { clock } from "../../words/times";
import { Board } from "./board";
import { Numbers } from "./Numbers";
import { Strips } from "./Strips";
import { type Following, follow } from "./follow";
import { WAITING } from "./queries";
import "./live.css";

const T = texts.live;

/** Who is on the line now, and is it well? All calls on one axis of the last half minute. */
export function Live() {
  const { wall } = useSearch({ from: "/inside/live" });
  const navigate = useNavigate({ from: "/live" });
  const { data: me } = useSuspenseQuery(ME);
  const [board] = useState(() => new Board());
  const [following, setFollowing] = useState<Following>({ on: false, since: null });
  useEffect(() => follow(board, setFollowing), [board]);
  useEffect(() => (wall ? byNight() : undefined), [wall]);
  const calls = useSyncExternalStore(board.subscribe, () => board.order);
  const now = useSyncExternalStore(board.subscribe, () => board.order.filter((each) => each.ended === null).length);
  const { data } = useQuery(WAITING);
  const known = new Set(calls.map((each) => each.id));
  const waiting = (data?.items ?? []).filter((each) => !known.has(each.id));
  const toggle = () => void navigate({ search: wall ? {} : { wall: true }, replace: true });
  return (
    <div className="live" data-wall={wall ? "" : undefined} data-lost={!following.on && following.since ? "" : undefined}>
      <h1 className="unseen">{T.title}</h1>
      <div className="live-top">
        <Numbers board={board} now={now} waiting={`${waiting.length}${data?.next_cursor ? "+" : ""}`} />
        <span className="live-following" role="status">
          <FollowState of={following} />
        </span>
        <Button icon="eye" onClick={toggle} aria-pressed={wall === true}>
          {wall ? T.leaveWall : T.wall}
        </Button>
      </div>
      {calls.length + waiting.length === 0 ? following.since && <Quiet /> : <Strips calls={calls} waiting={waiting} me={me} onWall={toggle} />}
    </div>
  );
}

function FollowState({ of }: { of: Following }) {
  if (of.on) {
    return <State kind="good">{T.following}</State>;
  }
  return <State kind={of.since ? "fault" : "progress"}>{of.since ? fill(T.lost, { at: clock(of.since) }) : T.connecting}</State>;
}

/** Nobody on the line, and nothing wrong. */
function Quiet() {
  return (
    <section className="empty">
      <div className="silence" aria-hidden="true" />
      <h2>{T.empty}</h2>
      <p>{T.emptyText}</p>
      <div className="actions">
        <Link to="/calls" className="button" {...lookOf("plain")}>
          {T.emptyDo}
        </Link>
      </div>
    </section>
  );
}
