import type { LiveLine } from "../../client";
import { texts } from "../../texts";
import type { BoardCall } from "./call";

/** The last two lines as they reach the ear: what the agent has not said yet is faint, what it never said is struck. */
export function LastWords({ call }: { call: BoardCall }) {
  const lines = call.lastLines;
  const thinks = call.ended === null && (call.state === "thinks" || call.state === "tool");
  const secret = call.ended === null && call.state === "secret";
  const shown = thinks || secret ? lines.slice(-1) : lines;
  return (
    <div className="strip-words">
      {shown.map((line) => (
        <p key={line.id} className="spoken" data-speaker={line.speaker}>
          {line.speaker === "agent" ? <Agents line={line} over={call.ended !== null} /> : line.text}
        </p>
      ))}
      {thinks && (
        <p className="strip-thinks" aria-hidden="true">
          <i />
          <i />
          <i />
        </p>
      )}
      {secret && (
        <p className="spoken strip-secret" data-speaker="caller" title={texts.live.states.secret}>
          ••••••
        </p>
      )}
    </div>
  );
}

function Agents({ line, over }: { line: LiveLine; over: boolean }) {
  const heard = line.heard ?? "";
  const rest = line.text.startsWith(heard) ? line.text.slice(heard.length) : "";
  return (
    <>
      {rest ? heard : line.text}
      {rest && (line.cut || over ? <s title={texts.call.struckText}>{rest}</s> : <em>{rest}</em>)}
    </>
  );
}
