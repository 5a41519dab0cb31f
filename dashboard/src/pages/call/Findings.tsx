import type { Timeline } from "../../client";
import { Icon, type IconName } from "../../parts/Icon";
import { median, totalOf } from "../../parts/stages";
import { count, texts } from "../../texts";
import type { TimedReply } from "./LaidOpen";
import { place, seconds } from "../../words/times";

type Finding = Timeline["findings"][number];

const ICONS: Readonly<Record<Finding["rule"], IconName>> = {
  provider_failed: "fault",
  stream_lost: "fault",
  slow_tool: "clock",
  barge_in: "cut",
  false_barge_in: "hold",
  slow_reply: "clock",
  unclear: "ear",
  idle: "clock",
  unverified: "lock",
  unreported: "line",
  nothing_unusual: "done",
};
const FAULTS: readonly string[] = ["provider_failed", "stream_lost", "unreported"];
/** More would be a list; the lanes tell the rest. */
const MOST = 4;

/** What mattered, at most four sentences; each leads to its moment. Faults come first where only one is in sight. */
export function Findings({ findings, replies, onSeek, onTurn }: { findings: readonly Finding[]; replies: readonly TimedReply[]; onSeek: (ms: number) => void; onTurn: (turn: number) => void }) {
  const weight = (each: Finding) => (FAULTS.includes(each.rule) ? 0 : each.rule === "false_barge_in" ? 2 : 1);
  const shown = findings.toSorted((a, b) => weight(a) - weight(b)).slice(0, MOST).toSorted((a, b) => a.start_ms - b.start_ms);
  return (
    <ol className="findings" aria-label={texts.call.happened} data-alone={shown[0]?.rule === "nothing_unusual" ? "" : undefined} data-scroll>
      {shown.length < MOST && replies.length > 0 && shown[0]?.rule !== "nothing_unusual" && <Speed replies={replies} onTurn={onTurn} />}
      {shown.map((each, index) => (
        <li key={index} data-fault={FAULTS.includes(each.rule) ? "" : undefined}>
          <button type="button" onClick={() => onSeek(each.start_ms)}>
            <span className="finding-head">
              <Icon name={ICONS[each.rule]} />
              <b>{texts.findings[each.rule]}</b>
              {each.rule !== "nothing_unusual" && <span className="faint small">{place(each.start_ms)}</span>}
            </span>
            <span className="finding-text">{each.sentence.replaceAll("`", "")}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** Where few things went wrong there is room to say how fast it was; it leads to the slowest reply. */
function Speed({ replies, onTurn }: { replies: readonly TimedReply[]; onTurn: (turn: number) => void }) {
  const waits = replies.map((each) => totalOf(each.stages));
  const slowest = Math.max(...waits);
  return (
    <li>
      <button type="button" onClick={() => onTurn(waits.indexOf(slowest) + 1)}>
        <span className="finding-head">
          <Icon name="voice" />
          <b>{texts.call.normal}</b>
        </span>
        <span className="finding-text">{count(texts.call.normalText, replies.length, { usual: seconds(median(waits)), slowest: seconds(slowest) })}</span>
      </button>
    </li>
  );
}
