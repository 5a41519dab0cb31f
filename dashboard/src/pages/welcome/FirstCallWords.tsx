import type { AssistantDetail } from "../../client";
import { Icon } from "../../parts/Icon";
import type { CallState } from "../../phone/phone-call";
import { sentence, texts } from "../../texts";

const PARTS = [
  ["ear", "stt"],
  ["mind", "llm"],
  ["voice", "tts"],
] as const;
const FAMILIES = {
  ear: ["stop", "final", "confirm"],
  mind: ["token", "sentence"],
  voice: ["sound"],
  wire: ["frame", "mark"],
} as const;

/** What goes on, in large letters: who runs here while it rings, how to read the bars once it talks. */
export function FirstCallWords({ state, assistant }: { state: CallState; assistant: AssistantDetail | undefined }) {
  const words = texts.welcome.first[state === "connecting" || state === "refused" ? "ringing" : state];
  return (
    <div className="first-words">
      <h1>{words.title}</h1>
      <p className="lead">{words.text}</p>
      {state === "talking" || state === "ended" ? <Bars /> : <Runs assistant={assistant} />}
    </div>
  );
}

function Runs({ assistant }: { assistant: AssistantDetail | undefined }) {
  return (
    <ul className="first-facts">
      {PARTS.map(([part, field]) => (
        <li key={part}>
          <Icon name={part} />
          <span>
            <b>{texts.welcome.ringRows[part]}</b> {assistant && sentence(texts.welcome.providers, assistant.body[field].name)}
          </span>
        </li>
      ))}
      <li>
        <Icon name="lock" />
        {texts.welcome.noKey}
      </li>
    </ul>
  );
}

function Bars() {
  return (
    <ul className="first-facts">
      {Object.entries(FAMILIES).map(([family, stages]) => (
        <li key={family}>
          <span className="stages" aria-hidden="true">
            {stages.map((stage) => (
              <i key={stage} data-stage={stage} />
            ))}
          </span>
          <span>
            <b>{texts.welcome.ringRows[family as keyof typeof FAMILIES]}</b> {texts.welcome.waits[family as keyof typeof FAMILIES]}
          </span>
        </li>
      ))}
    </ul>
  );
}
