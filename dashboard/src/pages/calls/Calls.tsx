import { useInfiniteQuery, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { ME } from "../../api/session";
import type { ListedConversation } from "../../client";
import { Button, lookOf } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Problem } from "../../parts/Problem";
import { count, fill, texts } from "../../texts";
import { CallTable } from "./CallTable";
import { DayRuler } from "./DayRuler";
import { Export } from "./Export";
import { FilterBar } from "./FilterBar";
import { type Filters, dropEmpty, inWords } from "./filters";
import { PlaceCalls } from "./place/PlaceCalls";
import { Total } from "./Total";
import { ASSISTANTS, callsQuery, newestQuery } from "./queries";
import { stretchOf } from "./stretch";
import "./calls.css";

/** What happened, and which call to look at. */
export function Calls() {
  const filters = useSearch({ from: "/inside/calls" });
  const navigate = useNavigate({ from: "/calls" });
  const found = useInfiniteQuery(callsQuery(filters));
  const assistants = useQuery(ASSISTANTS);
  const names = useMemo(() => new Map((assistants.data ?? []).map((each) => [each.id, each.name])), [assistants.data]);
  const newest = useQuery(newestQuery(filters));
  const calls = useMemo(() => merged(newest.data ?? [], found.data?.pages.flatMap((page) => page.items) ?? []), [newest.data, found.data]);
  const { data: me } = useSuspenseQuery(ME);
  const [now] = useState(() => new Date());
  const stretch = useMemo(() => stretchOf(filters, now), [filters, now]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const change = (changed: Filters) => void navigate({ search: (now) => dropEmpty({ ...now, ...changed }) });
  return (
    <>
      <div className="page-head">
        <h1>{texts.calls.title}</h1>
        <Total stretch={stretch} filters={filters} />
        <div className="actions">
          <Export filters={filters} me={me} />
          <PlaceCalls />
        </div>
      </div>
      <FilterBar filters={filters} assistants={names} onChange={change} />
      <DayRuler stretch={stretch} filters={filters} now={now} onChange={change} />
      {found.isPending && <Loading what={texts.calls.loading} />}
      {found.error && (
        <div className="p-6">
          <Problem of={found.error} retry={() => void found.refetch()} />
        </div>
      )}
      {found.data && calls.length === 0 && <NoCalls filters={filters} names={names} onChange={change} />}
      {calls.length > 0 && <CallTable calls={calls} onNearEnd={more} />}
      {found.data && calls.length > 0 && (
        <p className="calls-foot">
          {count(texts.calls.shown, calls.length)}
          {hasNextPage && (
            <Button look="quiet" small onClick={more} disabled={isFetchingNextPage}>
              {texts.calls.earlier}
            </Button>
          )}
        </p>
      )}
    </>
  );
}

/** The newest page as it stands now, and behind it what was listed before. */
function merged(newest: readonly ListedConversation[], listed: readonly ListedConversation[]): readonly ListedConversation[] {
  const ids = new Set(newest.map((each) => each.id));
  return newest.length > 0 ? [...newest, ...listed.filter((each) => !ids.has(each.id))] : listed;
}

/** Nothing to show: no call yet, or a filter that none meets. */
function NoCalls({ filters, names, onChange }: { filters: Filters; names: ReadonlyMap<number, string>; onChange: (changed: Filters) => void }) {
  const words = inWords(filters, names);
  if (words.length === 0) {
    return (
      <section className="empty">
        <div className="silence" aria-hidden="true" />
        <h2>{texts.calls.empty}</h2>
        <p>{texts.calls.emptyText}</p>
        <div className="actions">
          <Link to="/welcome/call" className="button" {...lookOf("act")}>
            {texts.calls.emptyDo}
          </Link>
          <Link to="/welcome/number" className="button" {...lookOf("plain")}>
            {texts.welcome.number}
          </Link>
        </div>
      </section>
    );
  }
  const everything = Object.fromEntries(words.map(([name]) => [name, undefined]));
  return (
    <section className="empty">
      <h2>{texts.calls.filtered}</h2>
      <p>{fill(texts.calls.filteredText, { what: words.map(([, word]) => `“${word}”`).join(", ") })}</p>
      <div className="actions">
        {words.map(([name, word]) => (
          <Button key={name} onClick={() => onChange({ [name]: undefined })}>
            {fill(texts.calls.drop, { what: word })}
          </Button>
        ))}
        {words.length > 1 && (
          <Button look="quiet" onClick={() => onChange(everything)}>
            {texts.calls.dropAll}
          </Button>
        )}
      </div>
    </section>
  );
}
