import { useEffect, useRef, useState } from "react";
import { reachableByLink, chosenProject } from "../../api/session";
import type { ConversationDetail, Me } from "../../client";
import { Icon } from "../../parts/Icon";
import { Segments } from "../../parts/Segments";
import { FAMILIES } from "../../parts/stages";
import { fill, texts } from "../../texts";
import { place } from "../../words/times";
import { ZOOMS, useAxis } from "./axis/TimeAxis";
import { type Playhead, usePlayhead } from "./axis/playhead";
import { Channels, type Side } from "./channels";

const T = texts.call;
const SPEEDS = ["1", "1.5", "2"] as const;

/** Play, the time, and what is seen and heard of the call. */
export function Transport({ call, me, playhead }: { call: ConversationDetail; me: Me; playhead: Playhead }) {
  const sound = useRef<HTMLAudioElement>(null);
  const channels = useRef<Channels | null>(null);
  const [speed, setSpeed] = useState<(typeof SPEEDS)[number]>("1");
  const [side, setSide] = useState<Side>("both");
  const { zoom, setZoom, durationMs } = useAxis();
  const playing = usePlayhead(playhead, (head) => head.playing);
  const source = useSource(call, me);
  useEffect(() => {
    playhead.attach(sound.current);
    return () => playhead.attach(null);
  }, [playhead, source]);
  const choose = (chosen: Side) => {
    setSide(chosen);
    if (sound.current) {
      channels.current ??= new Channels(sound.current);
      channels.current.choose(chosen);
    }
  };
  return (
    <div className="transport">
      {source ? (
        <>
          <audio
            ref={sound}
            src={source}
            preload="metadata"
            onPlay={() => playhead.follow(true)}
            onPause={() => playhead.follow(false)}
            onLoadedMetadata={() => playhead.seek(playhead.ms)}
          />
          <button type="button" className="play" aria-label={playing ? T.pause : T.play} onClick={() => playhead.toggle()}>
            <Icon name={playing ? "pause" : "play"} />
          </button>
        </>
      ) : (
        <span className="hint" title={T.noRecordingText}>
          {T.noRecording}
        </span>
      )}
      <Now playhead={playhead} />
      <span className="faint">{fill(T.of, { length: place(durationMs, 2) })}</span>
      {source && (
        <>
          <Segments
            className="desk-only"
            label={T.speed}
            value={speed}
            choices={SPEEDS.map((value) => ({ value, label: `${value}×` }))}
            onChange={(value) => {
              setSpeed(value);
              if (sound.current) {
                sound.current.playbackRate = Number(value);
              }
            }}
          />
          <Segments
            className="desk-only"
            label={T.channel}
            value={side}
            choices={[
              { value: "both", label: T.both },
              { value: "caller", label: T.caller },
              { value: "agent", label: T.agent },
            ]}
            onChange={choose}
          />
        </>
      )}
      <span className="legend desk-only">
        {Object.entries(FAMILIES).map(([family, stages]) => (
          <span key={family}>
            {stages.map((stage) => (
              <i key={stage} data-stage={stage} />
            ))}
            {T.families[family as keyof typeof FAMILIES]}
          </span>
        ))}
      </span>
      <span className="hint key-hint desk-only">
        <kbd>J</kbd> <kbd>K</kbd> {T.nextMoment}
      </span>
      <Segments label={T.zoom} value={zoom} choices={ZOOMS.map((value) => ({ value, label: value === "all" ? T.all : `${value} s` }))} onChange={setZoom} />
    </div>
  );
}

function Now({ playhead }: { playhead: Playhead }) {
  return <b className="now">{usePlayhead(playhead, ({ ms }) => place(ms, 2))}</b>;
}

/** Where the sound comes from. A media element sends no headers, so that another project's is fetched as a whole. */
function useSource(call: ConversationDetail, me: Me): string | null {
  const path = call.recording ? `/v1/conversations/${call.id}/recording` : null;
  const direct = reachableByLink(me);
  const [fetched, setFetched] = useState<string | null>(null);
  useEffect(() => {
    if (path === null || direct) {
      return undefined;
    }
    const gone = new AbortController();
    let address: string | null = null;
    void fetch(path, { headers: { "x-rapida-project": chosenProject() ?? "" }, signal: gone.signal })
      .then((answer) => answer.blob())
      .then((blob) => {
        address = URL.createObjectURL(blob);
        setFetched(address);
      })
      .catch(() => setFetched(null));
    return () => {
      gone.abort();
      if (address !== null) {
        URL.revokeObjectURL(address);
      }
    };
  }, [path, direct]);
  return direct ? path : fetched;
}
