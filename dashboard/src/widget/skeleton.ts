/** The elements that the widget is made of, once; what they show changes. */
import { browserPhone as words } from "../texts/en.json";

export interface Elements {
  begin: HTMLButtonElement;
  end: HTMLButtonElement;
  mute: HTMLButtonElement;
  panel: HTMLElement;
  status: HTMLElement;
  score: HTMLCanvasElement;
  lines: HTMLElement;
  /** What is for a call alone. */
  fields: HTMLElement[];
}

export interface Deeds {
  begin(): void;
  end(): void;
  mute(): void;
  key(digit: string): void;
  say(text: string): void;
}

const KEYS = [..."123456789*0#"];
const LONGEST = "4000";

export function skeleton(root: ShadowRoot, deeds: Deeds): Elements {
  const begin = button("begin", "", deeds.begin);
  const end = button("end", words.hangUp, deeds.end);
  const mute = button("mute", "", deeds.mute);
  mute.setAttribute("aria-label", words.mute);
  const status = element("p", { role: "status" });
  const score = element("canvas", { "aria-hidden": "true" });
  const lines = element("ol", { role: "log", "aria-live": "off", "aria-label": words.heard });
  const keys = KEYS.map((digit) => button("key", digit, () => deeds.key(digit)));
  const text = element("input", { "aria-label": words.type, placeholder: words.type, maxlength: LONGEST, autocomplete: "off" });
  const say = button("say", words.say, () => {});
  say.type = "submit";
  const form = element("form", {}, [text, say]);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (text.value.trim()) {
      deeds.say(text.value.trim());
      text.value = "";
    }
  });
  const pad = element("div", { class: "keys", role: "group", "aria-label": words.keys }, keys);
  const panel = element("section", { "aria-label": words.name }, [status, score, end, mute, pad, form, lines]);
  root.append(begin, panel);
  return { begin, end, mute, panel, status, score, lines, fields: [pad, form] };
}

/** An element with its attributes and children; empty text is left out. */
export function element<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Readonly<Record<string, string>> = {}, children: readonly (Node | string)[] = []): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...children.flatMap((each) => (each === "" ? [] : [each, " "])));
  return made;
}

function button(look: string, text: string, deed: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", class: look }, [text]);
  made.addEventListener("click", deed);
  return made;
}
