import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { SERVER } from "../api/server";
import { LampDots } from "../parts/LampDots";
import { count, fill, texts } from "../texts";

const MOST = 10;

/** How many calls are in progress, on every page; they lead to the live board. */
export function Lamps() {
  const { data } = useQuery(SERVER);
  if (!data) {
    return null;
  }
  const { calls_now: now, calls_at_most: most } = data;
  return (
    <Link to="/live" className="lamps" title={count(texts.live.lamps, now, { most })}>
      <LampDots lit={now} of={most} most={MOST} />
      <span>{fill(texts.live.nowOf, { now, most })}</span>
    </Link>
  );
}
