import { useQuery } from "@tanstack/react-query";
import { Rich } from "../../parts/Rich";
import { count, fill, texts } from "../../texts";
import { seconds, shortDay } from "../../words/times";
import { Cost } from "./Cost";
import type { Filters } from "./filters";
import { totalQuery } from "./queries";
import type { Stretch } from "./stretch";

const T = texts.calls.total;

/** How the calls of the stretch went, in one sentence. */
export function Total({ stretch, filters }: { stretch: Stretch; filters: Filters }) {
  const { data } = useQuery(totalQuery(stretch, filters.assistant));
  if (!data) {
    return null;
  }
  const kinds: Readonly<Record<string, string>> = texts.end_kind;
  const badly = Object.entries(data.ended).reduce((sum, [reason, calls]) => sum + (kinds[reason] === "fault" ? calls : 0), 0);
  const whole = data.latency["total"];
  return (
    <p className="soft calls-total">
      <span>{fill(filters.time === undefined && filters.from !== undefined ? T.since : T.when[filters.time ?? "today"], { calls: count(T.calls, data.calls), day: shortDay(new Date(stretch.since)) })}</span>
      {whole && (
        <span>
          <Rich text={T.usual} with={{ s: <b>{seconds(whole.p50_ms)} s</b> }} />
        </span>
      )}
      {whole && (
        <span>
          <Rich text={T.slow} with={{ s: <b>{seconds(whole.p95_ms)} s</b> }} />
        </span>
      )}
      {badly > 0 && <span className="text-fault">{count(T.badly, badly)}</span>}
      <Cost of={data.cost} />
    </p>
  );
}
