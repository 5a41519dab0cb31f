import type { LiveCall, LiveLine, LiveReply, LiveState } from "../../client";
import type { StageTimes } from "../../parts/stages";
import { SHOWN_MS, Sound } from "./sound";

export type CallState = LiveState["state"];
/** What lies over a strip: a tool that runs, the agent that holds, digits that nobody may see. */
export type MarkKind = "tool" | "held" | "secret";

export interface StripMark {
  kind: MarkKind;
  fromMs: number;
  toMs: number | null;
}

export interface StripReply {
  atMs: number;
  stages: StageTimes;
}

const MARKS: Partial<Record<CallState, MarkKind>> = { tool: "tool", held: "held", secret: "secret" };

type Listener = () => void;

/** One call in progress, as its strip shows it. Times are of the page's own clock. */
export class BoardCall {
  readonly sound: Sound;
  marks: StripMark[] = [];
  replies: StripReply[] = [];
  /** Since when the call is at what it is at. */
  sinceMs: number;
  ended: string | null = null;
  /** Counts what a strip shows, so that it is drawn again when that changes. */
  changes = 0;
  private readonly listeners = new Set<Listener>();
  private told: LiveCall;
  private lines: Map<number, LiveLine>;

  constructor(told: LiveCall, nowMs: number) {
    this.told = told;
    this.sound = new Sound(nowMs);
    this.sinceMs = nowMs;
    this.lines = new Map(told.lines.map((line) => [line.id, line]));
    this.mark(told.state, nowMs);
  }

  get id(): number {
    return this.told.conversation_id;
  }

  get facts(): Readonly<LiveCall> {
    return this.told;
  }

  get beganAt(): Date {
    return new Date(this.told.began_at);
  }

  get state(): CallState {
    return this.told.state;
  }

  get tools(): readonly string[] {
    return this.told.tools;
  }

  get lastReplyMs(): number | undefined {
    return this.told.reply_ms.at(-1);
  }

  /** The last two lines. */
  get lastLines(): readonly LiveLine[] {
    return [...this.lines.values()].slice(-2);
  }

  subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Brought up to date after a gap. */
  renew(told: LiveCall, nowMs: number): void {
    const before = this.told.state;
    this.told = told;
    this.lines = new Map(told.lines.map((line) => [line.id, line]));
    if (told.state !== before) {
      this.sinceMs = nowMs;
      this.mark(told.state, nowMs);
    }
    this.tell();
  }

  move(state: CallState, nowMs: number): void {
    this.told = { ...this.told, state };
    this.sinceMs = nowMs;
    this.mark(state, nowMs);
    this.tell();
  }

  say(line: LiveLine): void {
    this.lines.set(line.id, line);
    this.tell();
  }

  reply(stages: LiveReply["stages"], nowMs: number): void {
    const ms = (us: number) => us / 1000;
    const parts = { stop: ms(stages.stop_us), final: ms(stages.final_us), confirm: ms(stages.confirm_us), token: ms(stages.token_us), sentence: ms(stages.sentence_us), sound: ms(stages.sound_us), frame: ms(stages.frame_us), mark: ms(stages.mark_us) };
    this.replies = [...this.replies.filter((each) => nowMs - each.atMs < 2 * SHOWN_MS), { atMs: nowMs, stages: parts }];
    this.told = { ...this.told, reply_ms: [...this.told.reply_ms, Math.round(stages.total_us / 1000)] };
    this.tell();
  }

  tool(name: string, end: string | null, nowMs: number): void {
    const running = this.told.tools;
    const at = running.indexOf(name);
    this.told = { ...this.told, tools: end === null ? [...running, name] : running.filter((_, index) => index !== at) };
    this.sinceMs = this.state === "tool" ? nowMs : this.sinceMs;
    this.tell();
  }

  end(reason: string, nowMs: number): void {
    this.ended = reason;
    this.mark(null, nowMs);
    this.tell();
  }

  private mark(state: CallState | null, nowMs: number): void {
    const kind = state === null ? undefined : MARKS[state];
    this.marks = this.marks.filter((each) => each.toMs === null || nowMs - each.toMs < SHOWN_MS).map((each) => ({ ...each, toMs: each.toMs ?? nowMs }));
    if (kind) {
      this.marks.push({ kind, fromMs: nowMs, toMs: null });
    }
  }

  private tell(): void {
    this.changes += 1;
    for (const listener of this.listeners) {
      listener();
    }
  }
}
