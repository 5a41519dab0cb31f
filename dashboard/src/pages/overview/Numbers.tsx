import { Link } from "@tanstack/react-router";
import { type ReactNode, useId } from "react";
import type { StatisticsView } from "../../client";
import { count, fill, texts } from "../../texts";
import { number, seconds } from "../../words/times";
import type { Filters } from "../calls/filters";
import type { Range } from "./range";

const T = texts.overview;

/** The figures of the whole range, each a link to its calls, beside those of as long a time before. */
export function Numbers({ total, previous, range, assistant }: { total: StatisticsView; previous: StatisticsView | undefined; range: Range; assistant: number | undefined }) {
  const base: Filters = { time: range, assistant };
  const reply = total.latency["total"];
  const { barge_ins: interruptions } = total;
  return (
    <dl className="numbers">
      <Figure label={T.calls} search={base} note={fill(T.inOut, { inbound: number(total.inbound), outbound: number(total.outbound) })} change={compared(total.calls, previous?.calls)}>
        {number(total.calls)}
      </Figure>
      <Figure label={T.answered} search={{ ...base, answered: true }} note={fill(T.ofAll, { n: number(total.answered), all: number(total.calls) })}>
        {fill(T.share, { n: Math.round(total.answer_rate * 100) })}
      </Figure>
      <Figure label={T.usual} search={{ ...base, answered: true }} note={fill(T.usualText, { n: number(total.replies) })} change={quicker(reply?.p50_ms, previous?.latency["total"]?.p50_ms)}>
        {reply ? fill(T.seconds, { s: seconds(reply.p50_ms) }) : T.none}
      </Figure>
      <Figure label={T.slow} search={reply ? { ...base, slow: reply.p95_ms } : base} note={fill(T.slowText, { n: number(total.replies) })} change={quicker(reply?.p95_ms, previous?.latency["total"]?.p95_ms)}>
        {reply ? fill(T.seconds, { s: seconds(reply.p95_ms) }) : T.none}
      </Figure>
      <Figure
        label={T.interruptions}
        search={{ ...base, happened: "cut" }}
        note={
          <Link to="/calls" search={{ ...base, happened: "false_alarms" }}>
            {count(T.falseAlarms, interruptions.false)}
          </Link>
        }
        change={compared(interruptions.true, previous?.barge_ins.true)}
      >
        {number(interruptions.true)}
      </Figure>
      <Figure label={T.cost} search={{ ...base, answered: true }} note={<Cost of={total} />}>
        {Number(total.cost.amount) === 0 && total.cost.missing_rates.length > 0 ? T.none : total.cost.amount} <small>{total.cost.currency}</small>
      </Figure>
    </dl>
  );
}

function Figure({ label, search, note, change, children }: { label: string; search: Filters; note: ReactNode; change?: string; children: ReactNode }) {
  const id = useId();
  return (
    <div>
      <dt id={id}>{label}</dt>
      <dd>
        <Link to="/calls" search={search} aria-describedby={id}>
          {children}
        </Link>
        <span>{note}</span>
        {change && <span className="faint">{change}</span>}
      </dd>
    </div>
  );
}

/** What the sum lacks goes before what it comes to. */
function Cost({ of: total }: { of: StatisticsView }) {
  const missing = total.cost.missing_rates.length;
  if (missing === 0) {
    return total.answered > 0 ? fill(T.perCall, { amount: (Number(total.cost.amount) / total.answered).toFixed(4) }) : T.none;
  }
  return (
    <span title={total.cost.missing_rates.join("; ")}>
      <Link to="/settings/limits">{T.setRates}</Link>: {count(T.missing, missing)}
    </span>
  );
}

function compared(now: number, then: number | undefined): string | undefined {
  if (then === undefined) {
    return undefined;
  }
  const more = now - then;
  return more === 0 ? T.same : fill(more > 0 ? T.more : T.fewer, { n: number(Math.abs(more)) });
}

/** 0.12 s slower than before */
function quicker(now: number | undefined, then: number | undefined): string | undefined {
  if (now === undefined || then === undefined || now === then) {
    return undefined;
  }
  return fill(now > then ? T.slower : T.quicker, { s: seconds(Math.abs(now - then)) });
}
