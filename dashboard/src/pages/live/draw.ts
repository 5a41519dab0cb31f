/** A strip: the last half minute of a call, now at the right edge. */
import { STAGES, type Stage } from "../../parts/stages";
import type { BoardCall, MarkKind } from "./call";
import { SHOWN_MS, SLOT_MS } from "./sound";

export const INK = {
  caller: "--caller-fill",
  agent: "--agent-fill",
  middle: "--edge",
  tool: "--mind-fill",
  held: "--ink-2",
  secret: "--edge",
  stop: "--s-stop",
  final: "--s-final",
  confirm: "--s-confirm",
  token: "--s-token",
  sentence: "--s-sentence",
  sound: "--s-sound",
  frame: "--s-frame",
  mark: "--s-mark",
} as const;
export type Ink = Record<keyof typeof INK, string>;

/** Slots of one bar. A bar a slot would be thinner than a pixel on the phone. */
const BAR_SLOTS = 2;
/** Of a bar's width, what is left as ground. */
const GAP = 0.25;
/** Below the score, the height for replies. */
const REPLY_PX = 8;
const FOOT_PX = 15;
const HATCH_PX = 5;
const CURVE = 0.7;

export function drawStrip(context: CanvasRenderingContext2D, call: BoardCall, nowMs: number, width: number, height: number, dense: number, ink: Ink): void {
  const foot = FOOT_PX * dense;
  const tall = height - foot;
  const x = (ms: number) => width * (1 - (nowMs - ms) / SHOWN_MS);
  context.clearRect(0, 0, width, height);
  for (const mark of call.marks) {
    drawMark(context, mark.kind, Math.max(0, x(mark.fromMs)), Math.min(width, x(mark.toMs ?? nowMs)), tall, dense, ink);
  }
  drawSound(context, call, nowMs, width, tall, ink);
  context.globalAlpha = 1;
  context.fillStyle = ink.middle;
  context.fillRect(0, Math.round(tall / 2) - dense / 2, width, dense);
  for (const reply of call.replies) {
    drawReply(context, reply.stages, x(reply.atMs), SHOWN_MS / width, height - foot + 2 * dense, REPLY_PX * dense, ink);
  }
}

function drawSound(context: CanvasRenderingContext2D, call: BoardCall, nowMs: number, width: number, tall: number, ink: Ink): void {
  const middle = Math.round(tall / 2);
  const perBar = (width * BAR_SLOTS * SLOT_MS) / SHOWN_MS;
  const now = Math.floor(nowMs / SLOT_MS);
  // Bars keep their slots as they wander, so that none changes its height on the way.
  const last = now - (now % BAR_SLOTS);
  for (let slot = last; now - slot < SHOWN_MS / SLOT_MS; slot -= BAR_SLOTS) {
    const [caller, agent] = call.sound.loud(slot, BAR_SLOTS);
    const left = width - (now + 1 - slot) * (perBar / BAR_SLOTS);
    if (caller > 0) {
      const high = caller ** CURVE * (middle - 1);
      context.fillStyle = ink.caller;
      context.fillRect(left, middle - high, perBar * (1 - GAP), high);
    }
    if (agent > 0) {
      context.fillStyle = ink.agent;
      context.fillRect(left, middle, perBar * (1 - GAP), agent ** CURVE * (middle - 1));
    }
  }
}

function drawMark(context: CanvasRenderingContext2D, kind: MarkKind, from: number, to: number, tall: number, dense: number, ink: Ink): void {
  if (to <= from) {
    return;
  }
  context.fillStyle = ink[kind];
  if (kind === "tool") {
    context.globalAlpha = 0.16;
    context.fillRect(from, 0, to - from, tall);
    context.globalAlpha = 1;
    context.fillRect(from, 0, dense, tall);
    return;
  }
  context.save();
  context.globalAlpha = kind === "held" ? 0.8 : 0.3;
  context.beginPath();
  context.rect(from, 0, Math.max(to - from, 2 * dense), tall);
  context.clip();
  context.strokeStyle = ink[kind];
  context.lineWidth = dense;
  context.beginPath();
  for (let at = from - tall; at < to; at += HATCH_PX * dense) {
    context.moveTo(at, tall);
    context.lineTo(at + tall, 0);
  }
  context.stroke();
  context.restore();
}

/** A reply's wait at its true length, ending where its first sound reached the ear. */
function drawReply(context: CanvasRenderingContext2D, stages: Readonly<Record<Stage, number>>, end: number, msPerPixel: number, top: number, high: number, ink: Ink): void {
  const widths = STAGES.map((stage) => stages[stage] / msPerPixel);
  let at = end - widths.reduce((sum, each) => sum + each, 0);
  STAGES.forEach((stage, index) => {
    context.fillStyle = ink[stage];
    context.fillRect(at, top, widths[index] ?? 0, high);
    at += widths[index] ?? 0;
  });
}
