import { type ReactNode, useEffect, useState } from "react";
import { Icon } from "../parts/Icon";
import { texts } from "../texts";
import { Keypad } from "./Keypad";
import { MicrophoneLine } from "./MicrophoneLine";
import type { PhoneCall } from "./phone-call";
import { Screen } from "./Screen";
import "./phone.css";
import { usePhoneView } from "./usePhone";

interface Shown {
  phone: PhoneCall;
  /** Who is at the other end. */
  name: string;
  detail?: string;
  /** What the button that begins a call says. */
  verb?: string;
  /** With it the phone may be left to ring. */
  onLater?: () => void;
  /** False while it is not known yet who would be called. */
  ready?: boolean;
  /** Stands between the button and the keys. */
  children?: ReactNode;
}

/** The telephone: it rings, is answered, shows who speaks, has keys, and is hung up. */
export function Handset({ phone, name, detail, verb, onLater, ready = true, children }: Shown) {
  const view = usePhoneView(phone);
  const [keys, setKeys] = useState(false);
  const going = view.state === "connecting" || view.state === "talking";
  const answer = () => void phone.answer();
  useTypedKeys(phone, view.state === "talking");
  return (
    <section className="handset" aria-label={texts.browserPhone.name} data-state={view.state} data-keys={keys ? "" : undefined}>
      <Screen phone={phone} view={view} name={name} detail={detail} calls={verb !== undefined} />
      {going ? (
        <button type="button" className="handset-end" onClick={() => phone.hangUp()}>
          <Icon name="hangUp" />
          {texts.browserPhone.hangUp}
        </button>
      ) : (
        <div className="handset-choice">
          {view.state === "ringing" && onLater && (
            <button type="button" className="handset-no" onClick={onLater}>
              <Icon name="close" />
              {texts.browserPhone.later}
            </button>
          )}
          <button type="button" className="handset-yes" disabled={!ready} onClick={answer}>
            <Icon name="phone" />
            {view.state === "ringing" ? (verb ?? texts.browserPhone.answer) : texts.browserPhone.again}
          </button>
        </div>
      )}
      {children}
      <Keypad idle={view.state !== "talking"} onKey={(digit) => phone.key(digit)} />
      <MicrophoneLine phone={phone} view={view} keys={keys} onKeys={() => setKeys(!keys)} />
    </section>
  );
}

/** Digits typed on the keyboard are the phone's keys, unless something is being written. */
function useTypedKeys(phone: PhoneCall, talking: boolean): void {
  useEffect(() => {
    const typed = (event: KeyboardEvent) => {
      const writes = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, [contenteditable]");
      if (!writes && !event.ctrlKey && !event.metaKey && !event.altKey && /^[0-9*#]$/.test(event.key)) {
        event.stopPropagation();
        phone.key(event.key);
      }
    };
    if (talking) {
      window.addEventListener("keydown", typed, { capture: true });
    }
    return () => window.removeEventListener("keydown", typed, { capture: true });
  }, [phone, talking]);
}
