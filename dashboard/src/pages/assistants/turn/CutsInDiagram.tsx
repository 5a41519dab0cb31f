import { Rich } from "../../../parts/Rich";
import { fill, texts } from "../../../texts";
import { useEditing } from "../fields/editing";
import { Span, Voice } from "./Voice";

const T = texts.assistant;
const WIDTH = 460;
const LINE = 42;
const BEGINS = 120;
const ROOM = 250;
/** Milliseconds that the drawing has room for at the least. */
const ROOM_MS = 1000;
/** A cough, as the lower drawing has it. */
const COUGH_MS = 240;

/** Somebody cuts in, or only coughs: either way the agent holds first. */
export function CutsInDiagram() {
  const { body } = useEditing();
  const start = body.turn?.start_ms ?? 0;
  const confirm = body.turn?.confirm_ms ?? 0;
  const isFalse = body.turn?.false_ms ?? 0;
  const nobody = body.turn?.barge_in === "never";
  const scale = ROOM / Math.max(ROOM_MS, confirm, start + isFalse + COUGH_MS);
  const held = BEGINS + start * scale;
  const cut = BEGINS + Math.max(start, confirm) * scale;
  const silent = BEGINS + Math.max(start, COUGH_MS) * scale;
  const goesOn = silent + isFalse * scale;
  if (nobody) {
    return (
      <figure>
        <figcaption>{T.nobodyMay}</figcaption>
        <svg viewBox={`0 0 ${WIDTH} 84`} className="turn-drawing" role="img" aria-label={T.nobodyMay}>
          <line className="zero" x1={0} x2={WIDTH} y1={LINE} y2={LINE} />
          <Voice who="caller" from={BEGINS} to={330} line={LINE} />
          <Voice who="agent" from={0} to={WIDTH} line={LINE} />
        </svg>
      </figure>
    );
  }
  return (
    <figure>
      <figcaption>
        <Rich text={T.cutsIn} with={{ b: <b>{T.cutsInWho}</b> }} />
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} 116`} className="turn-drawing" role="img" aria-label={fill(T.cutsInAria, { start, confirm })}>
        <rect className="holding" x={held} y={8} width={Math.max(0, cut - held)} height={68} />
        <line className="zero" x1={0} x2={WIDTH} y1={LINE} y2={LINE} />
        <Voice who="caller" from={BEGINS} to={430} line={LINE} most={26} />
        <Voice who="agent" from={0} to={held} line={LINE} />
        <Voice who="agent" from={cut} to={WIDTH} line={LINE} ghost />
        <line className="limit" x1={cut} x2={cut} y1={2} y2={80} />
        <text x={cut + 5} y={8} className="told">
          {T.stops}
        </text>
        <Span from={BEGINS} to={held} y={84}>{`${start}`}</Span>
        <path className="measure" d={`M${BEGINS} 100v5H${cut}v-5`} />
        <text x={cut + 5} y={108}>
          {fill(body.turn?.barge_in === "words" ? T.onlyWord : T.orWord, { n: confirm })}
        </text>
      </svg>
      <svg viewBox={`0 0 ${WIDTH} 100`} className="turn-drawing" role="img" aria-label={fill(T.coughAria, { n: isFalse })}>
        <rect className="holding" x={held} y={8} width={Math.max(0, goesOn - held)} height={68} />
        <line className="zero" x1={0} x2={WIDTH} y1={LINE} y2={LINE} />
        <Voice who="caller" from={BEGINS} to={silent} line={LINE} most={26} />
        <Voice who="agent" from={0} to={held} line={LINE} />
        <Voice who="agent" from={goesOn} to={WIDTH} line={LINE} />
        <line className="limit" x1={goesOn} x2={goesOn} y1={2} y2={80} />
        <text x={goesOn + 5} y={8} className="told">
          {T.goesOn}
        </text>
        <path className="measure" d={`M${silent} 82v5H${goesOn}v-5`} />
        <text x={goesOn + 5} y={94}>
          {fill(T.coughOver, { n: isFalse })}
        </text>
      </svg>
    </figure>
  );
}
