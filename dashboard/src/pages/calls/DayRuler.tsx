import { useQuery } from "@tanstack/react-query";
import { type PointerEvent, useRef, useState } from "react";
import type { SummaryView } from "../../client";
import { count, fill, texts } from "../../texts";
import { clock, dayTime, shortDay } from "../../words/times";
import type { Filters } from "./filters";
import { rulerQuery } from "./queries";
import { type Stretch, bucketMs, marksOf } from "./stretch";

const T = texts.calls.ruler;
const HIGH_PX = 26;
/** A tick's share of its quarter of an hour; the rest is ground. */
const THICK = 0.7;

/** When the calls of a stretch began: inbound above the line, outbound below, those that broke off in red. Dragging over it asks for those alone. */
export function DayRuler({ stretch, filters, now, onChange }: { stretch: Stretch; filters: Filters; now: Date; onChange: (changed: Filters) => void }) {
  const { data } = useQuery(rulerQuery(stretch, filters.assistant));
  const area = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<readonly [number, number] | null>(null);
  const [sinceMs, untilMs] = [Date.parse(stretch.since), Date.parse(stretch.until)];
  const share = (ms: number) => Math.max(0, Math.min(1, (ms - sinceMs) / (untilMs - sinceMs)));
  const at = (event: PointerEvent) => {
    const box = area.current?.getBoundingClientRect();
    const ms = box ? sinceMs + Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * (untilMs - sinceMs) : sinceMs;
    return sinceMs + Math.round((ms - sinceMs) / bucketMs(stretch)) * bucketMs(stretch);
  };
  const chosen = drag ?? (filters.from && filters.to ? [Date.parse(filters.from), Date.parse(filters.to)] : null);
  const letGo = () => {
    if (drag) {
      const [from, to] = drag.toSorted((a, b) => a - b);
      setDrag(null);
      onChange(from === to ? { from: undefined, to: undefined } : { from: new Date(from ?? 0).toISOString(), to: new Date(to ?? 0).toISOString() });
    }
  };
  const left = (ms: number) => `${(share(ms) * 100).toFixed(3)}%`;
  const items = data ?? [];
  const calls = items.reduce((sum, each) => sum + each.calls, 0);
  return (
    <div
      className="ruler"
      ref={area}
      role="img"
      aria-label={count(T.told, calls)}
      title={T.drag}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([at(event), at(event)]);
      }}
      onPointerMove={(event) => drag && setDrag([drag[0], at(event)])}
      onPointerUp={letGo}
      onPointerCancel={() => setDrag(null)}
    >
      {chosen && <i className="ruler-chosen" style={{ left: left(Math.min(...chosen)), width: `${(share(Math.max(...chosen)) - share(Math.min(...chosen))) * 100}%` }} />}
      <Ticks items={items} share={share} widthShare={(bucketMs(stretch) / (untilMs - sinceMs)) * THICK} />
      {marksOf(stretch).map((mark) => (
        <span key={mark.at.getTime()} className="ruler-mark" style={{ left: left(mark.at.getTime()) }}>
          {mark.hour ? clock(mark.at).slice(0, 2) : shortDay(mark.at)}
        </span>
      ))}
      {now.getTime() < untilMs && (
        <i className="ruler-now" style={{ left: left(now.getTime()) }}>
          <b>{T.now}</b>
        </i>
      )}
    </div>
  );
}

function Ticks({ items, share, widthShare }: { items: readonly SummaryView[]; share: (ms: number) => number; widthShare: number }) {
  const most = Math.max(1, ...items.flatMap((each) => [each.inbound, each.outbound]));
  const high = (calls: number) => `${(calls / most) ** 0.6 * HIGH_PX}px`;
  return (
    <>
      {items.map((each) => {
        const at = new Date(each.at);
        const place = { left: `${(share(at.getTime()) * 100).toFixed(3)}%`, width: `max(2px, ${(widthShare * 100).toFixed(3)}%)` };
        return (
          <span key={each.at} title={fill(T.tick, { at: dayTime(at), n: each.calls, failed: each.failed })}>
            <i className="ruler-in" data-failed={each.failed > 0 ? "" : undefined} style={{ ...place, height: high(each.inbound) }} />
            <i className="ruler-out" style={{ ...place, height: high(each.outbound) }} />
          </span>
        );
      })}
    </>
  );
}
