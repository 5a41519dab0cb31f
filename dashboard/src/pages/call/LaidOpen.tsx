import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { ConversationDetail, Me, Timeline } from "../../client";
import { Button } from "../../parts/Button";
import { stagesOf, totalOf, usualOf, median } from "../../parts/stages";
import { useKeys } from "../../shell/keys";
import { fill, texts } from "../../texts";
import { place } from "../../words/times";
import { Findings } from "./Findings";
import { Head } from "./Head";
import { TimeAxis } from "./axis/TimeAxis";
import { Playhead, usePlayhead } from "./axis/playhead";
import { Inspector } from "./inspector/Inspector";
import { Lanes } from "./lanes/Lanes";
import { momentsOf } from "./moments";
import { peaksQuery, usualQuery } from "./queries";
import { pyramidOf } from "./score/pyramid";
import { Transport } from "./Transport";
import { Transcript } from "./words/Transcript";

/** A call with its journal: everything on one axis, under one playhead. */
export function LaidOpen({ call, timeline, me }: { call: ConversationDetail; timeline: Timeline; me: Me }) {
  const search = useSearch({ from: "/inside/calls/$id" });
  const navigate = useNavigate({ from: "/calls/$id" });
  const durationMs = Math.max(timeline.duration_ms, call.recording?.duration_ms ?? 0, 1);
  const [playhead] = useState(() => new Playhead(durationMs, (search.t ?? 0) * 1000));
  const peaks = useQuery(peaksQuery(call.id, call.recording !== null));
  const pyramid = useMemo(() => (peaks.data ? pyramidOf(peaks.data) : null), [peaks.data]);
  const replies = useMemo(() => timeline.replies.map((reply) => ({ reply, stages: stagesOf(reply) })), [timeline.replies]);
  const usual = useUsual(call, replies.map((each) => each.stages));
  const underHead = usePlayhead(playhead, ({ ms }) => timeline.replies.findLastIndex((reply) => (reply.boundaries_ms[0] ?? 0) <= ms) + 1);
  const turn = Math.min(search.turn ?? (underHead || slowestOf(replies)), replies.length);
  /** Chosen by hand, a moment lets go of the chosen turn: the turn under the playhead is meant. */
  const seek = (ms: number, chosen?: number) => {
    playhead.seek(ms);
    void navigate({ search: { t: Math.round(Math.max(0, ms) / 10) / 100, ...(chosen ? { turn: chosen } : {}) }, replace: true, resetScroll: false });
  };
  const chooseTurn = (chosen: number) => seek(timeline.replies[chosen - 1]?.boundaries_ms[0] ?? 0, chosen);
  useCallKeys(playhead, timeline, seek, chooseTurn);
  return (
    <TimeAxis durationMs={durationMs} playhead={playhead}>
      <Head call={call} me={me} link={<MomentLink playhead={playhead} />} />
      <Findings findings={timeline.findings} replies={replies} onSeek={seek} onTurn={chooseTurn} />
      <section className="axis" aria-label={texts.call.axis}>
        <Transport call={call} me={me} playhead={playhead} />
        <Lanes timeline={timeline} replies={replies} pyramid={pyramid} turn={turn} recorded={call.recording !== null} onSeek={seek} onTurn={chooseTurn} />
      </section>
      <div className="call-columns">
        <Transcript timeline={timeline} replies={replies} turn={turn} playhead={playhead} onSeek={seek} onTurn={chooseTurn} />
        <Inspector call={call} timeline={timeline} replies={replies} usual={usual} turn={turn} />
      </div>
    </TimeAxis>
  );
}

export interface TimedReply {
  reply: Timeline["replies"][number];
  stages: ReturnType<typeof stagesOf>;
}

function slowestOf(replies: readonly TimedReply[]): number {
  return replies.reduce((most, each, index) => (totalOf(each.stages) > totalOf(replies[most]?.stages ?? each.stages) ? index : most), 0) + 1;
}

/** The median of this version's replies, by stage; before there are enough of them, of this call's. */
function useUsual(call: ConversationDetail, own: ReturnType<typeof stagesOf>[]) {
  const latency = useQuery(usualQuery(call.assistant_id, call.assistant_version)).data;
  return useMemo(() => {
    const ofCall = usualOf(own);
    const told = latency?.latency ?? {};
    const stages = Object.fromEntries(Object.entries(ofCall).map(([stage, ms]) => [stage, told[stage]?.p50_ms ?? ms])) as typeof ofCall;
    return { stages, totalMs: told["total"]?.p50_ms ?? median(own.map(totalOf)), replies: latency?.replies || own.length };
    // `own` is made anew with each drawing, and says the same for the same call.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [latency, own.length]);
}

function MomentLink({ playhead }: { playhead: Playhead }) {
  const [copied, setCopied] = useState(false);
  const at = usePlayhead(playhead, ({ ms }) => place(ms));
  const copy = async () => {
    const address = new URL(window.location.href);
    address.searchParams.set("t", (playhead.ms / 1000).toFixed(2));
    await navigator.clipboard.writeText(address.href);
    setCopied(true);
    setTimeout(() => setCopied(false), 1600);
  };
  return (
    <Button icon={copied ? "done" : "link"} onClick={() => void copy()} id="link-to-moment">
      <span aria-live="polite">{copied ? texts.call.linked : fill(texts.call.link, { place: at })}</span>
    </Button>
  );
}

/** The keys of the design: the playhead, moments, turns. */
function useCallKeys(playhead: Playhead, timeline: Timeline, seek: (ms: number) => void, chooseTurn: (turn: number) => void): void {
  const step = (event: KeyboardEvent, sign: number) => {
    if (event.altKey) {
      const starts = timeline.replies.map((reply) => reply.boundaries_ms[0] ?? 0);
      const next = sign > 0 ? starts.findIndex((ms) => ms > playhead.ms + 1) : starts.findLastIndex((ms) => ms < playhead.ms - 1);
      if (next >= 0) {
        chooseTurn(next + 1);
      }
    } else {
      seek(playhead.ms + sign * (event.shiftKey ? 100 : 1000));
    }
  };
  const moment = (sign: number) => {
    const all = momentsOf(timeline);
    const next = sign > 0 ? all.find((each) => each.atMs > playhead.ms + 1) : all.findLast((each) => each.atMs < playhead.ms - 1);
    if (next) {
      seek(next.atMs);
    }
  };
  const digits = Object.fromEntries(timeline.replies.slice(0, 9).map((_, index) => [String(index + 1), () => chooseTurn(index + 1)]));
  useKeys({
    " ": () => playhead.toggle(),
    ArrowRight: (event) => step(event, 1),
    ArrowLeft: (event) => step(event, -1),
    j: () => moment(1),
    k: () => moment(-1),
    m: () => document.getElementById("link-to-moment")?.click(),
    ...digits,
  });
}
