import { Icon, type IconName } from "../parts/Icon";
import { texts } from "../texts";
import type { PhoneCall, PhoneView } from "./phone-call";
import type { Microphone } from "./sound";

const ICONS: Partial<Record<Microphone, IconName>> = { on: "microphone", unasked: "microphone", asking: "microphone" };

/** How it is with the microphone, and the button that mutes it. Where there is none, what to do in its place. */
export function MicrophoneLine({ phone, view, keys, onKeys }: { phone: PhoneCall; view: PhoneView; keys: boolean; onKeys: () => void }) {
  const words = texts.browserPhone;
  const { microphone } = view;
  const told = view.channel === "text" && microphone === "unasked" ? words.inWriting : words.microphone[microphone];
  const icon = ICONS[microphone] ?? "muted";
  return (
    <div className="handset-foot">
      {(microphone === "on" || microphone === "muted") && view.state === "talking" ? (
        <button type="button" aria-pressed={microphone === "muted"} aria-label={words.mute} onClick={() => phone.mute(microphone === "on")}>
          <Icon name={icon} />
          {told}
        </button>
      ) : (
        <p>
          <Icon name={icon} />
          {told}
        </p>
      )}
      <button type="button" className="handset-show-keys" aria-expanded={keys} onClick={onKeys}>
        <Icon name="keypad" />
        {words.keys}
      </button>
    </div>
  );
}
