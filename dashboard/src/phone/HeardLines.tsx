import { useEffect, useRef } from "react";
import { Rich } from "../parts/Rich";
import { StageBar } from "../parts/StageBar";
import { STAGES, type StageTimes } from "../parts/stages";
import { fill, texts } from "../texts";
import { parts } from "./heard";
import type { Line, Waits } from "./messages";
import "./phone.css";
import type { PhoneCall } from "./phone-call";
import { usePhoneView } from "./usePhone";

/** So long a bar is as wide as a line. */
const WIDEST_MS = 2500;

/** The transcript as it is heard, with where each reply's time went. */
export function HeardLines({ phone }: { phone: PhoneCall }) {
  const { heard } = usePhoneView(phone);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (list.current) {
      list.current.scrollTop = list.current.scrollHeight;
    }
  }, [heard]);
  return (
    <section className="heard">
      <div className="section-head">
        <h2>{texts.browserPhone.heard}</h2>
        <small>
          <Rich text={texts.browserPhone.struck} with={{ struck: <s>{texts.browserPhone.struckWord}</s> }} />
        </small>
      </div>
      <ol ref={list} role="log" aria-live="off" aria-label={texts.browserPhone.heard}>
        {heard.lines.map((line) => (
          <HeardLine key={line.id} line={line} waits={firstOfReply(heard.lines, line) ? heard.waits.get(line.turn_id) : undefined} />
        ))}
        {heard.coming.length > 0 && (
          <li data-speaker="agent" data-coming="">
            <p className="spoken">{heard.coming.join(" ")}</p>
          </li>
        )}
      </ol>
    </section>
  );
}

/** A reply's wait stands under its first line. */
function firstOfReply(lines: readonly Line[], line: Line): boolean {
  return line === lines.find((each) => each.speaker === "agent" && each.turn_id === line.turn_id);
}

function HeardLine({ line, waits }: { line: Line; waits: Waits | undefined }) {
  const { said, coming, lost } = parts(line);
  return (
    <li data-speaker={line.speaker}>
      {line.kind === "keys" ? <Keys typed={line.text} /> : <p className="spoken">{line.text === "" ? texts.browserPhone.unclear : said} {coming && <span className="faint">{coming}</span>} {lost && <s>{lost}</s>}</p>}
      {waits && <Wait turn={line.turn_id} waits={waits} />}
    </li>
  );
}

function Keys({ typed }: { typed: string }) {
  return (
    <p className="typed-keys" aria-label={fill(texts.browserPhone.typed, { keys: typed })}>
      {[...typed.replaceAll(/\s/g, "")].map((key, index) => (
        <b key={index} aria-hidden="true">
          {key}
        </b>
      ))}
    </p>
  );
}

function Wait({ turn, waits }: { turn: number; waits: Waits }) {
  const stages = Object.fromEntries(STAGES.map((stage) => [stage, Math.round(waits[`${stage}_us`] / 1000)])) as StageTimes;
  const total = waits.total_us / 1e6;
  return (
    <div className="wait">
      <StageBar turn={turn} stages={stages} width={`${Math.min(55, (total * 1e5) / WIDEST_MS / 1.8)}%`} />
      <b>{fill(texts.browserPhone.seconds, { n: total.toFixed(2) })}</b>
      <span>{texts.browserPhone.after}</span>
    </div>
  );
}
