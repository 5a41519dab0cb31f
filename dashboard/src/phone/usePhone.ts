import { useEffect, useState, useSyncExternalStore } from "react";
import { type OpenTalkData, openTalk } from "../client";
import { texts } from "../texts";
import { type Channel, PhoneCall, type PhoneView } from "./phone-call";
// oxlint-disable-next-line import/default -- the bundler makes the address of it
import worklet from "./sound.worklet.ts?worker&url";

export type Talk = Omit<OpenTalkData["body"], "channel">;

/**
 * A phone in this page. `talk` says with whom each call is, asked anew at each answer.
 * The call ends when its component is left.
 */
export function usePhone(talk: () => Talk, channel: Channel = "browser"): PhoneCall {
  const [phone] = useState(() => new PhoneCall({ channel, worklet, lost: texts.browserPhone.lost }));
  useEffect(() => phone.opens(async (by) => (await openTalk({ body: { ...talk(), channel: by }, throwOnError: true })).data));
  useEffect(() => () => phone.hangUp(), [phone]);
  return phone;
}

export function usePhoneView(phone: PhoneCall): PhoneView {
  return useSyncExternalStore(phone.subscribe, () => phone.view);
}
