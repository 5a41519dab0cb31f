import type { ConversationDetail } from "../../client";
import { sentence, texts } from "../../texts";
import { clock, exact } from "../../words/times";

/** What was said, where nobody knows when: without a journal no line has a time. Then what happened, which has. */
export function PlainTranscript({ call }: { call: ConversationDetail }) {
  const said = call.turns.filter((turn) => turn.text);
  if (said.length + call.events.length === 0) {
    return null;
  }
  return (
    <section className="words">
      <div className="section-head">
        <h2>{texts.call.transcript}</h2>
      </div>
      <ol className="transcript">
        {said.map((turn, index) => (
          <li key={index} data-speaker={turn.speaker}>
            <span />
            <p className="said spoken">{turn.heard && turn.cut ? turn.heard : turn.text}</p>
          </li>
        ))}
        {call.events.map((each, index) => (
          <li key={`e${index}`} className="note">
            <time className="at" dateTime={each.at} title={exact(new Date(each.at))}>
              {clock(new Date(each.at))}
            </time>
            <p>{sentence(texts.happening, String(each.happening["kind"] ?? each.name))}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
