import { useEffect, useState } from "react";
import { fill, sentence, texts } from "../texts";
import type { PhoneCall, PhoneView } from "./phone-call";
import { Score } from "./Score";

const SECOND_MS = 1000;

interface Shown {
  phone: PhoneCall;
  view: PhoneView;
  name: string;
  detail?: string | undefined;
  /** The person calls from it: until then nothing rings. */
  calls: boolean;
}

/** What the phone's screen tells: who, since when, who speaks, and both voices about one line. */
export function Screen({ phone, view, name, detail, calls }: Shown) {
  const length = useLength(view);
  const rings = view.state === "ringing" && !calls;
  return (
    <div className="handset-screen">
      {rings && (
        <svg className="bell" viewBox="0 0 46 46" aria-hidden="true">
          <circle className="far" cx="23" cy="23" r="19" />
          <circle className="near" cx="23" cy="23" r="13" />
          <circle className="core" cx="23" cy="23" r="6" />
        </svg>
      )}
      <b>{name}</b>
      {detail && view.state !== "talking" && <small>{detail}</small>}
      <small role="status" data-lit={rings ? "" : undefined}>
        {calls && view.state === "ringing" ? texts.browserPhone.ready : told(view, length)}
      </small>
      {view.state === "refused" || (view.state === "ended" && view.problem) ? (
        <p className="handset-problem" role="alert">
          {capitalized(view.problem?.message ?? "")}
        </p>
      ) : (
        <Score loudness={phone.loudness} moving={view.state === "talking"} />
      )}
    </div>
  );
}

function told(view: PhoneView, length: string): string {
  const words = texts.browserPhone;
  if (view.state === "connecting") {
    return view.microphone === "asking" ? words.asking : words.connecting;
  }
  if (view.state === "talking") {
    return fill(words.talking, { length, at: sentence(words.at, view.at) });
  }
  return fill(words[view.state], { length });
}

/** The call's length so far, as 1:05. */
function useLength(view: PhoneView): string {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = view.state === "talking" ? setInterval(() => setNow(Date.now()), SECOND_MS) : undefined;
    return () => clearInterval(timer);
  }, [view.state]);
  if (view.startedAt === null) {
    return "";
  }
  const seconds = Math.max(0, Math.floor(((view.endedAt ?? now) - view.startedAt) / SECOND_MS));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
