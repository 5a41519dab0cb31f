import { type PointerEvent, useRef } from "react";
import type { Timeline } from "../../../client";
import { fill, texts } from "../../../texts";
import { place, tick } from "../../../words/times";
import type { TimedReply } from "../LaidOpen";
import { useAxis } from "../axis/TimeAxis";
import { usePlayhead } from "../axis/playhead";
import { speakerAt } from "../moments";
import { Score } from "../score/Score";
import type { Pyramid } from "../score/pyramid";
import { Lane } from "./Lane";
import { LineLane } from "./LineLane";
import { ScoreMarks } from "./ScoreMarks";
import { ServiceLane } from "./ServiceLane";
import { WaitLane } from "./WaitLane";

const T = texts.call;
/** Steps of the ruler, in seconds; the first that leaves at most a dozen marks is taken. */
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800];
const MOST_TICKS = 12;

interface Shown {
  timeline: Timeline;
  replies: readonly TimedReply[];
  pyramid: Pyramid | null;
  turn: number;
  recorded: boolean;
  onSeek: (ms: number) => void;
  onTurn: (turn: number) => void;
}

/** Everything that has a time, one lane below the other. */
export function Lanes({ timeline, replies, pyramid, turn, recorded, onSeek, onTurn }: Shown) {
  const axis = useAxis();
  const area = useRef<HTMLDivElement>(null);
  const at = (event: PointerEvent) => {
    const box = area.current?.getBoundingClientRect();
    return box ? axis.fromMs + ((event.clientX - box.left) / box.width) * (axis.toMs - axis.fromMs) : 0;
  };
  const chosen = replies[turn - 1]?.reply.boundaries_ms;
  return (
    <div className="lanes">
      <div className="under" ref={area} aria-hidden="true">
        {ticksOf(axis.fromMs, axis.toMs).map((ms) => (
          <i key={ms} style={{ left: axis.left(ms) }} />
        ))}
        {chosen && <i className="wash" style={{ left: axis.left(chosen[0] ?? 0), width: axis.width(chosen[0] ?? 0, chosen[8] ?? 0) }} />}
      </div>
      <Lane className="lane-ruler">
        {ticksOf(axis.fromMs, axis.toMs).map((ms, index) => (
          <span key={ms} className={index % 2 ? "odd" : ""} style={{ left: axis.left(ms) }}>
            {tick(ms)}
          </span>
        ))}
      </Lane>
      <Lane
        className="lane-score"
        label={
          <>
            <b className="text-caller">{T.caller}</b>
            <b className="text-agent">{T.agent}</b>
          </>
        }
      >
        {pyramid && <Score pyramid={pyramid} />}
        {!recorded && <p className="lane-note">{T.noRecording}</p>}
        <Slider timeline={timeline} onPoint={(event) => onSeek(at(event))} />
        <ScoreMarks timeline={timeline} onSeek={onSeek} />
      </Lane>
      <Floor timeline={timeline} />
      <WaitLane replies={replies} turn={turn} onTurn={onTurn} />
      <details className="more-lanes" open={window.innerWidth > 720}>
        <summary className="phone-only">{T.moreLanes}</summary>
        <ServiceLane timeline={timeline} family="stt" icon="ear" label={T.lanes.ear} onSeek={onSeek} />
        <ServiceLane timeline={timeline} family="llm" icon="mind" label={T.lanes.mind} onSeek={onSeek} />
        <ServiceLane timeline={timeline} family="tts" icon="voice" label={T.lanes.voice} onSeek={onSeek} />
        <LineLane timeline={timeline} />
      </details>
      <div className="over" aria-hidden="true">
        <Head />
      </div>
    </div>
  );
}

function ticksOf(fromMs: number, toMs: number): number[] {
  const stepMs = (STEPS_S.find((s) => (toMs - fromMs) / (s * 1000) <= MOST_TICKS) ?? 3600) * 1000;
  const first = Math.ceil(fromMs / stepMs) * stepMs;
  return Array.from({ length: Math.max(0, Math.floor((toMs - first) / stepMs) + 1) }, (_, index) => first + index * stepMs);
}

/** The playhead moves by itself, so that nothing else is drawn with it. */
function Head() {
  const { left, playhead, isShown } = useAxis();
  const ms = usePlayhead(playhead, (head) => Math.round(head.ms));
  return isShown(ms, ms) ? <i className="head" style={{ left: left(ms) }} /> : null;
}

/** Where pointer and keys take hold of the playhead. */
function Slider({ timeline, onPoint }: { timeline: Timeline; onPoint: (event: PointerEvent) => void }) {
  const { playhead, durationMs } = useAxis();
  const ms = usePlayhead(playhead, (head) => Math.round(head.ms / 100) * 100);
  return (
    <div
      className="slider"
      role="slider"
      tabIndex={0}
      aria-label={T.axis}
      aria-valuemin={0}
      aria-valuemax={Math.round(durationMs / 1000)}
      aria-valuenow={Math.round(ms / 1000)}
      aria-valuetext={fill(T.head, { place: place(ms), who: T.speaks[speakerAt(timeline, ms)] })}
      title={T.lanesHelp}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        onPoint(event);
      }}
      onPointerMove={(event) => event.buttons === 1 && onPoint(event)}
    />
  );
}

function Floor({ timeline }: { timeline: Timeline }) {
  const { left, width, isShown } = useAxis();
  const spans = [
    ...timeline.speech.map((span) => ({ ...span, who: "caller" })),
    ...timeline.lines.filter((line) => line.speaker === "agent").flatMap((line) => (line.sound ?? []).map((span) => ({ ...span, who: "agent" }))),
  ];
  return (
    <Lane className="lane-floor">
      {spans
        .filter((span) => isShown(span.start_ms, span.end_ms))
        .map((span, index) => (
          <i key={index} data-speaker={span.who} style={{ left: left(span.start_ms), width: width(span.start_ms, span.end_ms) }} />
        ))}
    </Lane>
  );
}

