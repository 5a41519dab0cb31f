import { type SubmitEvent, useState } from "react";
import { Button } from "../parts/Button";
import { texts } from "../texts";
import type { PhoneCall } from "./phone-call";
import "./phone.css";
import { usePhoneView } from "./usePhone";

const LONGEST = 4000;

/** A line that is typed in place of being said. */
export function SayLine({ phone }: { phone: PhoneCall }) {
  const [text, setText] = useState("");
  const talking = usePhoneView(phone).state === "talking";
  const say = (event: SubmitEvent) => {
    event.preventDefault();
    if (text.trim()) {
      phone.say(text.trim());
      setText("");
    }
  };
  return (
    <form className="say-line" onSubmit={say}>
      <input className="input" aria-label={texts.browserPhone.type} placeholder={texts.browserPhone.type} value={text} maxLength={LONGEST} disabled={!talking} autoComplete="off" onChange={(event) => setText(event.target.value)} />
      <Button type="submit" disabled={!talking || !text.trim()}>
        {texts.browserPhone.say}
      </Button>
    </form>
  );
}
