import { useNavigate } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState } from "react";
import type { ListedConversation } from "../../client";
import { useKeys } from "../../shell/keys";
import { fill, texts } from "../../texts";
import { zone } from "../../words/times";
import { CallRow } from "./CallRow";

const ROW_PX = 38;
const PHONE_ROW_PX = 84;
const AHEAD = 12;

/** Only the rows in sight are in the page, however many there are. */
export function CallTable({ calls, onNearEnd }: { calls: readonly ListedConversation[]; onNearEnd: () => void }) {
  const navigate = useNavigate();
  const body = useRef<HTMLTableSectionElement>(null);
  const [at, setAt] = useState(-1);
  const [today] = useState(() => new Date());
  const phone = window.innerWidth <= 720;
  const rows = useWindowVirtualizer({
    count: calls.length,
    estimateSize: () => (phone ? PHONE_ROW_PX : ROW_PX),
    overscan: AHEAD,
    scrollMargin: body.current?.offsetTop ?? 0,
  });
  const move = useCallback(
    (by: number) => {
      const next = Math.max(0, Math.min(calls.length - 1, at + by));
      setAt(next);
      rows.scrollToIndex(next);
    },
    [at, calls.length, rows],
  );
  const open = () => {
    const call = calls[at];
    return call && navigate({ to: "/calls/$id", params: { id: String(call.id) } });
  };
  useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: () => void open() });
  const shown = rows.getVirtualItems();
  const nearEnd = (shown.at(-1)?.index ?? 0) >= calls.length - AHEAD;
  useEffect(() => {
    if (nearEnd) {
      onNearEnd();
    }
  }, [nearEnd, calls.length, onNearEnd]);
  const before = (shown[0]?.start ?? rows.options.scrollMargin) - rows.options.scrollMargin;
  const after = rows.getTotalSize() - ((shown.at(-1)?.end ?? rows.options.scrollMargin) - rows.options.scrollMargin);
  return (
    <table className="table calls-table" aria-rowcount={calls.length + 1}>
      <thead>
        <tr>
          <th scope="col">{fill(texts.calls.when, { zone: zone(today) })}</th>
          <th scope="col">{texts.calls.who}</th>
          <th scope="col">{texts.calls.assistant}</th>
          <th scope="col">{texts.calls.shapeLength}</th>
          <th scope="col">{texts.calls.ended}</th>
          <th scope="col">{texts.calls.reply}</th>
          <th scope="col">{texts.calls.moments}</th>
          <th scope="col" className="number">
            {texts.calls.cost}
          </th>
        </tr>
      </thead>
      <tbody ref={body}>
        <Space px={before} />
        {shown.map((item) => {
          const call = calls[item.index];
          return call && <CallRow key={call.id} call={call} index={item.index} selected={item.index === at} today={today} />;
        })}
        <Space px={after} />
      </tbody>
    </table>
  );
}

function Space({ px }: { px: number }) {
  return px > 0 ? (
    <tr aria-hidden="true" className="row-space">
      <td colSpan={8} style={{ height: px, padding: 0, border: 0 }} />
    </tr>
  ) : null;
}
