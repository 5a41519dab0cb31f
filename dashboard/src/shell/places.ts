import type { IconName } from "../parts/Icon";
import { texts } from "../texts";

interface Place {
  to: "/" | "/calls" | "/live" | "/assistants" | "/numbers" | "/credentials" | "/settings";
  label: string;
  icon: IconName;
}

/** The pages of the top line, in its order; on the phone they are tabs. A new page is one line here and its route. */
export const PLACES: readonly Place[] = [
  { to: "/", label: texts.places.overview, icon: "overview" },
  { to: "/calls", label: texts.places.calls, icon: "calls" },
  { to: "/live", label: texts.places.live, icon: "live" },
  { to: "/assistants", label: texts.places.assistants, icon: "voice" },
  { to: "/numbers", label: texts.places.numbers, icon: "phone" },
  { to: "/credentials", label: texts.places.credentials, icon: "key" },
  { to: "/settings", label: texts.places.settings, icon: "settings" },
];
