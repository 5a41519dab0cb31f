import { type PointerEvent, useRef } from "react";
import type { LatencyView } from "../../../client";
import { Rich } from "../../../parts/Rich";
import { fill, texts } from "../../../texts";
import { useEditing, useField } from "../fields/editing";
import { Span, Voice } from "./Voice";

const T = texts.assistant;
const END = 176;
const WIDTH = 460;
const LINE = 96;
/** Milliseconds that the drawing has room for at the least; longer ones are drawn to a smaller scale. */
const ROOM_MS = 1200;
const GRAIN_MS = 10;
const AFTER = ["token", "sentence", "sound", "frame", "mark"] as const;

/** The caller stops; after this much silence the turn is over; then the agent is heard. The line can be dragged. */
export function FinishedDiagram({ usual }: { usual: LatencyView | undefined }) {
  const { body, answering, locked } = useEditing();
  const { set, changed } = useField(["turn", "silence_ms"]);
  const drawing = useRef<SVGSVGElement>(null);
  const silence = body.turn?.silence_ms ?? 0;
  const stop = body.turn?.stop_ms ?? 0;
  const was = answering?.body.turn?.silence_ms ?? silence;
  const stages = AFTER.map((stage) => [stage, usual?.latency[stage]?.p50_ms ?? 0] as const);
  const made = stages.reduce((sum, [, ms]) => sum + ms, 0);
  const gap = Math.max(body.turn?.hesitation_ms ?? 0, made);
  const scale = 230 / Math.max(ROOM_MS, silence + gap, was + gap);
  const over = END + silence * scale;
  const heard = over + gap * scale;
  const drag = (event: PointerEvent) => {
    const box = drawing.current?.getBoundingClientRect();
    if (box && event.buttons === 1 && !locked) {
      const x = ((event.clientX - box.left) / box.width) * WIDTH;
      set(Math.max(0, Math.round((x - END) / scale / GRAIN_MS) * GRAIN_MS));
    }
  };
  const placed = stages.map(([stage, ms], index) => ({ stage, ms, x: over + stages.slice(0, index).reduce((sum, [, before]) => sum + before, 0) * scale }));
  return (
    <figure>
      <figcaption>
        <Rich text={T.finished} with={{ b: <b>{T.finishedWho}</b> }} />
      </figcaption>
      <svg ref={drawing} viewBox={`0 0 ${WIDTH} 188`} className="turn-drawing" role="img" aria-label={fill(T.finishedAria, { silence, gap })}>
        <text x={0} y={24} className="who" data-who="caller">
          {T.theCaller}
        </text>
        <text x={WIDTH} y={176} textAnchor="end" className="who" data-who="agent">
          {T.theAgent}
        </text>
        <line className="zero" x1={0} x2={WIDTH} y1={LINE} y2={LINE} />
        <Voice who="caller" from={0} to={92} line={LINE} most={48} />
        <Voice who="caller" from={112} to={END} line={LINE} most={48} />
        <Voice who="agent" from={heard} to={WIDTH} line={LINE} most={48} />
        {made > 0 &&
          placed.map((each) => <rect key={each.stage} data-stage={each.stage} x={each.x} y={LINE + 2} width={Math.max(1, each.ms * scale - 1)} height={8} />)}
        <Span from={END} to={END + stop * scale} y={LINE + 26}>{`${stop}`}</Span>
        <path className="measure" d={`M${END} ${LINE + 50}v6H${over}`} />
        {changed && (
          <>
            <line className="before" x1={END + was * scale} x2={END + was * scale} y1={46} y2={LINE + 56} />
            <text x={END + was * scale + (was > silence ? 5 : -5)} y={44} textAnchor={was > silence ? "start" : "end"} className="before-text">
              {fill(T.was, { n: was })}
            </text>
          </>
        )}
        <g className="handle" data-locked={locked ? "" : undefined} onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)} onPointerMove={drag}>
          <line className="limit" x1={over} x2={over} y1={30} y2={LINE + 56} />
          <rect x={over - 9} y={24} width={18} height={LINE + 36} className="grip" />
        </g>
        <text x={over - 4} y={LINE + 74} textAnchor={over > 240 ? "end" : "middle"} className="told">
          {fill(T.turnOver, { n: silence })}
        </text>
      </svg>
    </figure>
  );
}
