/** The calls in progress as the page knows them. Events go in, strips listen to their own call; sound levels are told to nobody, since whoever draws them reads them ten times a second. */
import type { LiveStart, LiveCall, LiveCalls, LiveEnd, LiveLevels, LiveReply, LiveState, LiveTool, LiveTranscript } from "../../client";
import { BoardCall } from "./call";

/** The data of each event, by its name. */
export interface Told {
  calls: LiveCalls;
  "call.began": LiveStart;
  "call.state": LiveState;
  "call.line": LiveTranscript;
  "call.reply": LiveReply;
  "call.tool": LiveTool;
  "call.ended": LiveEnd;
  levels: LiveLevels;
}

/** How long a call that is over stays in its place, so that it can be read how it ended. */
export const ENDED_FOR_MS = 8000;
/** Replies of which the usual and the slow one are told. */
const REPLIES_KEPT = 500;

type Listener = () => void;

export class Board {
  private readonly calls = new Map<number, BoardCall>();
  private listed: readonly BoardCall[] = [];
  private replies: readonly number[] = [];
  private readonly listeners = new Set<Listener>();

  /** By their beginning; the same array until a call comes or goes. */
  get order(): readonly BoardCall[] {
    return this.listed;
  }

  /** Milliseconds that callers waited for replies, the latest last; the same array until there is one more. */
  get waits(): readonly number[] {
    return this.replies;
  }

  subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Take an event of the stream at `nowMs` of the page's own clock. */
  take<Name extends keyof Told>(name: Name, data: Told[Name], nowMs: number): void {
    this.takes[name]?.(data, nowMs);
  }

  private readonly takes: { [Name in keyof Told]: (data: Told[Name], nowMs: number) => void } = {
    calls: (data, nowMs) => this.begin(data.calls, nowMs),
    "call.began": (data, nowMs) => this.add(data, nowMs),
    "call.state": (data, nowMs) => this.calls.get(data.conversation_id)?.move(data.state, nowMs),
    "call.line": (data) => this.calls.get(data.conversation_id)?.say(data.line),
    "call.reply": (data, nowMs) => {
      this.calls.get(data.conversation_id)?.reply(data.stages, nowMs);
      this.replies = [...this.replies, Math.round(data.stages.total_us / 1000)].slice(-REPLIES_KEPT);
      this.tell();
    },
    "call.tool": (data, nowMs) => this.calls.get(data.conversation_id)?.tool(data.tool, data.end, nowMs),
    "call.ended": (data, nowMs) => this.end(data.conversation_id, data.reason, nowMs),
    levels: (data, nowMs) => {
      for (const [id, [caller, agent]] of Object.entries(data.levels)) {
        this.calls.get(Number(id))?.sound.hear(caller ?? SILENCE_DB, agent ?? SILENCE_DB, nowMs);
      }
    },
  };

  /** Everything, as it stands: at first, and when what was missed is no longer known. */
  private begin(calls: readonly LiveCall[], nowMs: number): void {
    const known = new Map(this.calls);
    this.calls.clear();
    for (const told of calls) {
      const call = known.get(told.conversation_id);
      call?.renew(told, nowMs);
      this.calls.set(told.conversation_id, call ?? new BoardCall(told, nowMs));
    }
    this.replies = calls.flatMap((each) => each.reply_ms).slice(-REPLIES_KEPT);
    this.list();
  }

  private add(told: LiveStart, nowMs: number): void {
    this.calls.set(told.conversation_id, new BoardCall(told, nowMs));
    this.list();
  }

  private end(id: number, reason: string, nowMs: number): void {
    const call = this.calls.get(id);
    if (call) {
      call.end(reason, nowMs);
      this.tell();
      setTimeout(() => {
        if (this.calls.get(id) === call) {
          this.calls.delete(id);
          this.list();
        }
      }, ENDED_FOR_MS);
    }
  }

  private list(): void {
    this.listed = [...this.calls.values()].toSorted((a, b) => a.beganAt.getTime() - b.beganAt.getTime());
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}

/** What the meter shows of a line without sound. */
const SILENCE_DB = -96;
