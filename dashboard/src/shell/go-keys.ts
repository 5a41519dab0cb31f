/** Where `g` and a letter lead: the place's own initial, or for one that is taken another of its letters. */
import { texts } from "../texts";

export const GO_KEYS = [
  { key: "o", to: "/", label: texts.places.overview },
  { key: "c", to: "/calls", label: texts.places.calls },
  { key: "l", to: "/live", label: texts.places.live },
  { key: "a", to: "/assistants", label: texts.places.assistants },
  { key: "n", to: "/numbers", label: texts.places.numbers },
  { key: "k", to: "/credentials", label: texts.places.credentials },
  { key: "s", to: "/settings", label: texts.places.settings },
] as const;
