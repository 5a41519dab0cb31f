/**
 * One call in the browser, from the first ring to its end: the socket of a talk, the sound on both sides, what is
 * typed. It knows no page; whoever shows it subscribes.
 */
import { grown, type Heard, NOTHING } from "./heard.ts";
import { Loudness } from "./loudness.ts";
import { read, type Told } from "./messages.ts";
import { type Microphone, Sound } from "./sound.ts";

export type CallState = "ringing" | "connecting" | "talking" | "ended" | "refused";
export type Channel = "browser" | "text";

/** Where a talk's socket is awaited, once. */
export interface Opened {
  conversation_id: number;
  socket_path: string;
}

export interface PhoneView {
  readonly state: CallState;
  readonly microphone: Microphone;
  /** By sound, or in writing: asked for, or because this browser can play nothing. */
  readonly channel: Channel;
  /** What the call is at, in the server's word: `listens`, `agent`, `thinks`, … */
  readonly at: string;
  /** The state that the assistant's flow is in; empty without one. */
  readonly flowState: string;
  readonly heard: Heard;
  readonly conversationId: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Why it was refused, or broke. */
  readonly problem: Error | null;
}

/** Asks the server for a talk by this channel. What it rejects with is shown. */
export type Open = (channel: Channel) => Promise<Opened>;

export interface PhoneOptions {
  /** The address of the audio thread's script. */
  worklet: string | URL;
  channel?: Channel;
  /** Whose socket it is; without, this page's own server. */
  server?: string;
  /** What is told when a socket cannot be had, or breaks. */
  lost: string;
}

const FRESH = { state: "ringing", microphone: "unasked", at: "rings", flowState: "", heard: NOTHING, conversationId: null, startedAt: null, endedAt: null, problem: null } as const;
const IN_ORDER = 1000;
/** How often a socket that was refused is asked for anew, and how soon. */
const TRIES = 2;
const AGAIN_MS = 1000;

export class PhoneCall {
  readonly #options: PhoneOptions;
  readonly #watchers = new Set<() => void>();
  #view: PhoneView;
  #sound: Sound | null = null;
  #socket: WebSocket | null = null;
  #loudness = new Loudness();
  /** Which call this is: what an earlier one still waited for comes too late. */
  #round = 0;
  #tries = 0;
  #open: Open = () => Promise.reject(new Error(this.#options.lost));

  constructor(options: PhoneOptions) {
    this.#options = options;
    this.#view = { ...FRESH, channel: options.channel ?? "browser" };
  }

  get view(): PhoneView {
    return this.#view;
  }

  get loudness(): Loudness {
    return this.#loudness;
  }

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** How the next call is asked for. */
  opens(open: Open): void {
    this.#open = open;
  }

  /** Answers, or calls again. Call it from a click: browsers let no page play before one. */
  async answer(): Promise<void> {
    if (this.#view.state === "connecting" || this.#view.state === "talking") {
      return;
    }
    this.#loudness = new Loudness();
    this.#round += 1;
    this.#tries = TRIES;
    const round = this.#round;
    this.#show({ ...FRESH, state: "connecting", channel: this.#options.channel ?? "browser" });
    await this.#openSound(() => this.#wanted(round));
    await this.#ask(round);
  }

  hangUp(): void {
    this.#send({ event: "stop" });
    this.#over(this.#view.startedAt === null ? "ringing" : "ended");
  }

  key(digit: string): void {
    this.#send({ event: "dtmf", dtmf: { digit } });
  }

  say(text: string): void {
    this.#send({ event: "say", say: { text } });
  }

  mute(muted: boolean): void {
    this.#sound?.mute(muted);
    this.#show({ microphone: muted ? "muted" : "on" });
  }

  #wanted(round: number): boolean {
    return this.#round === round && this.#view.state === "connecting";
  }

  /** Asks for a talk, and opens its socket. */
  async #ask(round: number): Promise<void> {
    try {
      const opened = this.#wanted(round) ? await this.#open(this.#view.channel) : null;
      if (opened && this.#wanted(round)) {
        this.#show({ conversationId: opened.conversation_id });
        this.#connect(opened);
      }
    } catch (problem) {
      if (this.#wanted(round)) {
        this.#over("refused", problem instanceof Error ? problem : new Error(this.#options.lost));
      }
    }
  }

  async #openSound(wanted: () => boolean): Promise<void> {
    if (this.#view.channel === "text") {
      return;
    }
    this.#show({ microphone: "asking" });
    try {
      const sound = await Sound.open(this.#options.worklet, {
        frame: (frame, caller, agent) => this.#frame(frame, caller, agent),
        played: (name) => this.#send({ event: "mark", mark: { name } }),
      });
      if (!wanted()) {
        sound.close();
        return;
      }
      this.#sound = sound;
      const microphone = await sound.listen();
      if (wanted()) {
        this.#show({ microphone });
      }
    } catch {
      if (wanted()) {
        this.#show({ channel: "text", microphone: "insecure" });
      }
    }
  }

  #connect(opened: Opened): void {
    const address = new URL(opened.socket_path, this.#options.server ?? window.location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const its = <E>(take: (event: E) => void) => (event: E) => this.#socket === socket && take(event);
    socket.addEventListener(
      "open",
      its(() => {
        this.#send({ event: "start" });
        this.#show({ state: "talking", startedAt: Date.now() });
      }),
    );
    socket.addEventListener("message", its(({ data }: MessageEvent<ArrayBuffer | string>) => (typeof data === "string" ? this.#take(read(data)) : this.#sound?.play(data))));
    socket.addEventListener("close", its(({ code, reason }: CloseEvent) => this.#closed(code, reason)));
  }

  #closed(code: number, reason: string): void {
    const problem = code === IN_ORDER ? null : new Error(reason || this.#options.lost);
    if (this.#view.startedAt !== null) {
      this.#over("ended", problem);
    } else if (this.#tries > 0) {
      // A page is not told why its socket was refused. A server that is busy for a moment says "try again".
      this.#tries -= 1;
      setTimeout(() => void this.#ask(this.#round), AGAIN_MS);
    } else {
      this.#over("refused", problem);
    }
  }

  #take(told: Told | null): void {
    if (told?.event === "mark") {
      this.#mark(told.mark.name);
    } else if (told?.event === "state") {
      this.#show({ at: told.state.state });
    } else if (told?.event === "flow") {
      this.#show({ flowState: told.flow.flow_state });
    } else if (told) {
      if (told.event === "clear") {
        this.#sound?.clear();
      }
      const heard = grown(this.#view.heard, told);
      if (heard !== this.#view.heard) {
        this.#show({ heard });
      }
    }
  }

  #mark(name: string): void {
    if (this.#sound) {
      this.#sound.mark(name);
    } else {
      this.#send({ event: "mark", mark: { name } }); // in writing: it is shown
    }
  }

  #frame(frame: ArrayBuffer, caller: number, agent: number): void {
    if (this.#view.state === "talking" && this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(frame);
      this.#loudness.add(caller, agent);
    }
  }

  #send(what: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(what));
    }
  }

  #over(state: CallState, problem: Error | null = null): void {
    const [socket, sound] = [this.#socket, this.#sound];
    this.#socket = this.#sound = null;
    socket?.close(IN_ORDER);
    sound?.close();
    if (this.#view.state === "connecting" || this.#view.state === "talking") {
      this.#show({ state, problem, endedAt: Date.now() });
    }
  }

  #show(change: Partial<PhoneView>): void {
    this.#view = { ...this.#view, ...change };
    this.#watchers.forEach((watcher) => watcher());
  }
}
