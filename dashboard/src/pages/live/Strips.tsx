import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import { type ListedConversation, type Me, hangUp } from "../../client";
import { Confirm } from "../../parts/Confirm";
import { may } from "../../parts/LockedButton";
import { useKeys } from "../../shell/keys";
import { fill, texts } from "../../texts";
import { shownNumber } from "../../words/phone";
import { Strip } from "./Strip";
import { Waiting } from "./Waiting";
import type { BoardCall } from "./call";

const T = texts.live;
const STRIP_PX = 89;
const AHEAD = 2;

/** Every call in a strip of its own, in the order of their beginning. Only those in sight are in the page. */
export function Strips({ calls, waiting, me, onWall }: { calls: readonly BoardCall[]; waiting: readonly ListedConversation[]; me: Me; onWall: () => void }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const list = useRef<HTMLOListElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const [ending, setEnding] = useState<BoardCall | null>(null);
  const mayEnd = may(me.role, "editor");
  const rows = useWindowVirtualizer({
    count: calls.length + waiting.length,
    estimateSize: () => STRIP_PX,
    overscan: AHEAD,
    scrollMargin: list.current?.offsetTop ?? 0,
    getItemKey: (index) => calls[index]?.id ?? waiting[index - calls.length]?.id ?? index,
  });
  const index = calls.findIndex((each) => each.id === at);
  const move = (by: number) => {
    const next = Math.max(0, Math.min(calls.length - 1, index + by));
    setAt(calls[next]?.id ?? null);
    rows.scrollToIndex(next);
  };
  const chosen = calls[index];
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    w: onWall,
    Enter: () => chosen && void navigate({ to: "/calls/$id", params: { id: String(chosen.id) } }),
    h: () => chosen && mayEnd && chosen.ended === null && setEnding(chosen),
  });
  const shown = rows.getVirtualItems();
  const above = (shown[0]?.start ?? rows.options.scrollMargin) - rows.options.scrollMargin;
  const below = rows.getTotalSize() - ((shown.at(-1)?.end ?? rows.options.scrollMargin) - rows.options.scrollMargin);
  const { direction, caller, callee } = ending?.facts ?? {};
  return (
    <>
      <div className="strips-head" aria-hidden="true">
        <span>{T.call}</span>
        <span className="strips-scale">
          <i>{T.ago30}</i>
          <i>{T.ago20}</i>
          <i>{T.ago10}</i>
          <i>{T.nowEdge}</i>
        </span>
        <span>{T.words}</span>
        <span className="number">{T.lastReply}</span>
      </div>
      <ol className="strips" ref={list} aria-label={T.title}>
        {above > 0 && <li aria-hidden="true" style={{ height: above }} />}
        {shown.map((item) => {
          const call = calls[item.index];
          const other = waiting[item.index - calls.length];
          const place = { ref: rows.measureElement, "data-index": item.index };
          if (call) {
            return <Strip key={item.key} call={call} selected={call.id === at} mayEnd={mayEnd} onHangUp={setEnding} {...place} />;
          }
          return other && <Waiting key={item.key} call={other} {...place} />;
        })}
        {below > 0 && <li aria-hidden="true" style={{ height: below }} />}
      </ol>
      <Confirm
        open={ending !== null}
        onOpenChange={(open) => !open && setEnding(null)}
        title={fill(texts.call.hangUpTitle, { who: shownNumber((direction === "inbound" ? caller : callee) ?? "") })}
        text={texts.call.hangUpText}
        verb={texts.call.hangUp}
        act={async () => {
          await hangUp({ path: { conversation_id: ending?.id ?? 0 }, throwOnError: true });
          await queries.invalidateQueries({ queryKey: ["conversations"] });
        }}
      />
    </>
  );
}
