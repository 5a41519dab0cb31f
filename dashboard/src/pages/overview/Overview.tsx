import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, lookOf } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Problem } from "../../parts/Problem";
import { Segments } from "../../parts/Segments";
import { fill, texts } from "../../texts";
import { ZONE } from "../../words/times";
import { ASSISTANTS, callsQuery } from "../calls/queries";
import { AssistantTable } from "./AssistantTable";
import { CallsChart } from "./CallsChart";
import { EndTable } from "./EndTable";
import { Numbers } from "./Numbers";
import { StageTable } from "./StageTable";
import { WaitsChart } from "./WaitsChart";
import { figuresQuery } from "./queries";
import { RANGES, type Range } from "./range";
import "./overview.css";

const T = texts.overview;
const TIMES = texts.calls.filters.times;

/** How the last day, week or month went. Every number leads to the calls behind it. */
export function Overview() {
  const { range = "week", assistant } = useSearch({ from: "/inside/" });
  const navigate = useNavigate({ from: "/" });
  const found = useQuery({ ...figuresQuery(range, assistant), placeholderData: (kept) => kept });
  const assistants = useQuery(ASSISTANTS);
  const { data: figures } = found;
  return (
    <>
      <div className="page-head">
        <h1>{T.title}</h1>
        <Segments label={T.range} value={range} choices={RANGES.map((each) => ({ value: each, label: TIMES[each] }))} onChange={(now) => void navigate({ search: (kept) => ({ ...kept, range: now }) })} />
        <select className="input assistant-select" aria-label={T.assistant} value={assistant ?? ""} onChange={(event) => void navigate({ search: (kept) => ({ ...kept, assistant: Number(event.target.value) || undefined }) })}>
          <option value="">{T.all}</option>
          {assistants.data?.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
        <p className="actions hint desk-only">{fill(T.zone, { zone: ZONE })}</p>
      </div>
      {found.isPending && <Loading what={T.loading} />}
      {found.error && (
        <div className="p-6">
          <Problem of={found.error} retry={() => void found.refetch()} />
        </div>
      )}
      {figures && !figures.total && <Nothing range={range} onWider={() => void navigate({ search: { range: "month" } })} />}
      {figures?.total && (
        <div className="overview">
          <Numbers total={figures.total} previous={figures.previous} range={range} assistant={assistant} />
          <CallsChart figures={figures} assistant={assistant} />
          <WaitsChart figures={figures} assistant={assistant} />
          <div className="overview-halves">
            <EndTable total={figures.total} range={range} assistant={assistant} />
            <StageTable total={figures.total} range={range} assistant={assistant} />
          </div>
          <AssistantTable rows={figures.assistants} names={new Map(assistants.data?.map((each) => [each.id, each.name]))} range={range} />
        </div>
      )}
    </>
  );
}

/** No call in the range: there are others, or none at all yet. */
function Nothing({ range, onWider }: { range: Range; onWider: () => void }) {
  const calls = useInfiniteQuery(callsQuery({}));
  if (calls.data === undefined) {
    return null;
  }
  const ever = calls.data.pages.some((page) => page.items.length > 0);
  return (
    <section className="empty">
      <div className="silence" aria-hidden="true" />
      <h2>{ever ? T.emptyRange : T.empty}</h2>
      <p>{ever ? fill(T.emptyRangeText, { time: TIMES[range] }) : T.emptyText}</p>
      <div className="actions">
        {ever && range !== "month" && <Button onClick={onWider}>{T.wider}</Button>}
        {!ever && (
          <>
            <Link to="/welcome/call" className="button" {...lookOf("act")}>
              {T.ring}
            </Link>
            <Link to="/welcome/number" className="button" {...lookOf("plain")}>
              {T.connect}
            </Link>
          </>
        )}
      </div>
    </section>
  );
}
