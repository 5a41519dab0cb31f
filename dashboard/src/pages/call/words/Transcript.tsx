import { useMemo } from "react";
import type { Timeline } from "../../../client";
import { Icon } from "../../../parts/Icon";
import { StageBar } from "../../../parts/StageBar";
import { totalOf } from "../../../parts/stages";
import { texts } from "../../../texts";
import { place, seconds } from "../../../words/times";
import type { TimedReply } from "../LaidOpen";
import { type Playhead, usePlayhead } from "../axis/playhead";
import { type Entry, type Note, type Said, endOf, entriesOf } from "../entries";
import { Heard } from "./Heard";

const T = texts.call;
/** The scale of the bars beside the words: the slowest reply fills it, but a quick call's need not. */
const LEAST_SCALE_MS = 2000;

interface Shown {
  timeline: Timeline;
  replies: readonly TimedReply[];
  turn: number;
  playhead: Playhead;
  onSeek: (ms: number) => void;
  onTurn: (turn: number) => void;
}

/** What was said, as it reached the ear, with what happened in between. */
export function Transcript({ timeline, replies, turn, playhead, onSeek, onTurn }: Shown) {
  const entries = useMemo(() => entriesOf(timeline), [timeline]);
  const current = usePlayhead(playhead, ({ ms }) => entries.findLastIndex((entry) => entry.what === "said" && entry.atMs <= ms));
  const scaleMs = Math.max(LEAST_SCALE_MS, ...replies.map((each) => totalOf(each.stages)));
  return (
    <section className="words">
      <div className="section-head">
        <h2>{T.transcript}</h2>
        <span className="remark">
          <s>{T.struck}</s> {T.struckText}
          <span className="desk-only">; {T.bars}</span>
        </span>
      </div>
      <ol className="transcript">
        {entries.map((entry, index) =>
          entry.what === "said" ? (
            <SaidLine key={index} said={entry} reply={replies[entry.turn - 1]} scaleMs={scaleMs} chosen={entry.turn === turn && turn > 0} current={index === current} onSeek={onSeek} onTurn={onTurn} />
          ) : (
            <NoteLine key={index} note={entry} onSeek={onSeek} />
          ),
        )}
        {timeline.end_reason && (
          <li className="note">
            <At entry={{ atMs: timeline.duration_ms }} onSeek={onSeek} />
            <p>
              <Icon name="phone" />
              <span>{endOf(timeline)}</span>
            </p>
          </li>
        )}
      </ol>
    </section>
  );
}

function SaidLine({
  said,
  reply,
  scaleMs,
  chosen,
  current,
  onSeek,
  onTurn,
}: {
  said: Said;
  reply: TimedReply | undefined;
  scaleMs: number;
  chosen: boolean;
  current: boolean;
  onSeek: (ms: number) => void;
  onTurn: (turn: number) => void;
}) {
  const { line, turn } = said;
  const kind = line.kind === "unclear" || line.kind === "idle" || line.kind === "backchannel" ? T.notes[line.kind] : "";
  const greets = line.speaker === "agent" && line.turn_id === 1 && turn === 0;
  return (
    <li data-speaker={line.speaker} data-chosen={chosen ? "" : undefined} data-current={current ? "" : undefined}>
      <At entry={said} onSeek={onSeek} />
      <p className="said spoken">
        <Heard line={line} /> {kind && <span className="kind">{kind}</span>}
      </p>
      <span className="waited">
        {reply ? (
          <button type="button" onClick={() => onTurn(turn)}>
            <StageBar turn={turn} stages={reply.stages} width={`${(totalOf(reply.stages) / scaleMs) * 78}%`} />
            <b>{seconds(totalOf(reply.stages))}</b>
          </button>
        ) : (
          greets && <em>{T.opening}</em>
        )}
      </span>
    </li>
  );
}

function NoteLine({ note, onSeek }: { note: Note; onSeek: (ms: number) => void }) {
  return (
    <li className="note" data-fault={note.fault ? "" : undefined}>
      <At entry={note} onSeek={onSeek} />
      <p>
        <Icon name={note.icon} />
        <span>
          {note.name && <code>{note.name}</code>} {note.text} {note.strong && <b>{note.strong}</b>}
        </span>
      </p>
    </li>
  );
}

function At({ entry, onSeek }: { entry: Pick<Entry, "atMs">; onSeek: (ms: number) => void }) {
  return (
    <button type="button" className="at" onClick={() => onSeek(entry.atMs)}>
      {place(entry.atMs)}
    </button>
  );
}
