/**
 * `<rapida-call token="rpp_…">`: a telephone on any page. docs/widget.md shows it. Its server is the one that this
 * script came from; its style is its own, in a shadow root that the page's policy need not allow anything for.
 */
import { draw } from "../phone/draw";
import { parts } from "../phone/heard";
import { type Opened, PhoneCall, type PhoneView } from "../phone/phone-call";
import { browserPhone as words, widget } from "../texts/en.json";
import { element, type Elements, skeleton } from "./skeleton";
import style from "./widget.css?inline";

const SERVER = new URL(/* @vite-ignore */ "/", import.meta.url);
const WORKLET = new URL(/* @vite-ignore */ "./rapida-call-sound.js", import.meta.url);
const SECOND_MS = 1000;

class RapidaCall extends HTMLElement {
  static readonly observedAttributes = ["label"];
  readonly #phone = new PhoneCall({ worklet: WORKLET, server: SERVER.href, lost: words.lost });
  readonly #parts: Elements;
  #timer: ReturnType<typeof setInterval> | undefined;
  #leave: () => void = () => {};

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    this.#parts = skeleton(root, {
      begin: () => void this.#phone.answer(),
      end: () => this.#phone.hangUp(),
      mute: () => this.#phone.mute(this.#phone.view.microphone === "on"),
      key: (digit) => this.#phone.key(digit),
      say: (text) => this.#phone.say(text),
    });
    this.#phone.opens(() => this.#open());
  }

  connectedCallback(): void {
    this.#leave = this.#phone.subscribe(() => this.#show(this.#phone.view));
    this.#show(this.#phone.view);
  }

  disconnectedCallback(): void {
    this.#phone.hangUp();
    this.#leave();
    clearInterval(this.#timer);
  }

  attributeChangedCallback(): void {
    this.#show(this.#phone.view);
  }

  async #open(): Promise<Opened> {
    const body = { token: this.getAttribute("token") ?? "", variables: this.#variables() };
    const answer = await fetch(new URL("/v1/talk/web", SERVER), {
      method: "POST",
      credentials: "omit",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = (await answer.json()) as Opened & { detail?: string };
    if (!answer.ok) {
      throw new Error(said.detail ?? answer.statusText);
    }
    return said;
  }

  /** `variable-customer="Ada"` is the value for `{{customer}}`. */
  #variables(): Record<string, string> {
    const named = [...this.attributes].filter((each) => each.name.startsWith("variable-"));
    return Object.fromEntries(named.map((each) => [each.name.slice("variable-".length), each.value]));
  }

  #show(view: PhoneView): void {
    const { begin, panel, status, mute, lines, fields } = this.#parts;
    const going = view.state === "connecting" || view.state === "talking";
    begin.textContent = view.state === "ringing" ? (this.getAttribute("label") ?? widget.call) : words.again;
    begin.hidden = going;
    panel.hidden = view.state === "ringing";
    fields.forEach((field) => (field.hidden = view.state !== "talking"));
    this.#parts.end.hidden = !going;
    mute.hidden = view.state !== "talking" || (view.microphone !== "on" && view.microphone !== "muted");
    mute.textContent = words.microphone[view.microphone];
    mute.setAttribute("aria-pressed", String(view.microphone === "muted"));
    status.textContent = told(view);
    lines.replaceChildren(...lineElements(view));
    lines.scrollTop = lines.scrollHeight;
    clearInterval(this.#timer);
    if (view.state === "talking") {
      this.#timer = setInterval(() => this.#tick(), SECOND_MS / 10);
    }
  }

  #tick(): void {
    draw(this.#parts.score, this.#phone.loudness);
    this.#parts.status.textContent = told(this.#phone.view);
  }
}

function told(view: PhoneView): string {
  if (view.problem) {
    return view.problem.message.charAt(0).toUpperCase() + view.problem.message.slice(1);
  }
  if (view.state === "connecting") {
    return view.microphone === "asking" ? words.asking : words.connecting;
  }
  const seconds = view.startedAt === null ? 0 : Math.floor(((view.endedAt ?? Date.now()) - view.startedAt) / SECOND_MS);
  const length = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (view.state === "talking") {
    const at = (words.at as Readonly<Record<string, string>>)[view.at] ?? "";
    const without = view.microphone === "refused" || view.microphone === "absent" || view.microphone === "insecure";
    return words.talking.replace("{length}", length).replace("{at}", at) + (without ? ` – ${words.microphone[view.microphone]}` : "");
  }
  return words[view.state].replace("{length}", length);
}

function lineElements(view: PhoneView): HTMLElement[] {
  const lines = view.heard.lines.map((line) => {
    const { said, coming, lost } = parts(line);
    return element("li", { class: line.speaker }, [said, coming && element("i", {}, [coming]), lost && element("s", {}, [lost])]);
  });
  const coming = view.heard.coming.join(" ");
  return coming ? [...lines, element("li", { class: "agent" }, [element("i", {}, [coming])])] : lines;
}

customElements.define("rapida-call", RapidaCall);
