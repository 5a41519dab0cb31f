/** Where on the call's axis we are. The sound owns the time while it plays; whoever draws it subscribes. */

import { useSyncExternalStore } from "react";

type Listener = () => void;

export class Playhead {
  readonly durationMs: number;
  private atMs: number;
  private isPlaying = false;
  private sound: HTMLAudioElement | null = null;
  private frame = 0;
  private readonly listeners = new Set<Listener>();

  constructor(durationMs: number, atMs: number) {
    this.durationMs = durationMs;
    this.atMs = Math.min(atMs, durationMs);
  }

  get ms(): number {
    return this.atMs;
  }

  get playing(): boolean {
    return this.isPlaying;
  }

  subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The element that plays the recording; null takes it away. */
  attach(sound: HTMLAudioElement | null): void {
    this.sound = sound;
    if (sound) {
      sound.currentTime = this.atMs / 1000;
    }
  }

  seek(ms: number): void {
    this.atMs = Math.max(0, Math.min(this.durationMs, ms));
    if (this.sound) {
      this.sound.currentTime = this.atMs / 1000;
    }
    this.tell();
  }

  toggle(): void {
    if (this.isPlaying) {
      this.sound?.pause();
    } else {
      void this.sound?.play();
    }
  }

  /** The sound began or stopped, by itself or by us. */
  follow(playing: boolean): void {
    this.isPlaying = playing;
    cancelAnimationFrame(this.frame);
    if (playing) {
      this.frame = requestAnimationFrame(this.step);
    }
    this.tell();
  }

  private readonly step = (): void => {
    if (this.sound) {
      this.atMs = this.sound.currentTime * 1000;
    }
    this.tell();
    this.frame = requestAnimationFrame(this.step);
  };

  private tell(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}

/** Something told from the playhead's place. It draws anew only when the answer changes. */
export function usePlayhead<Told>(playhead: Playhead, tell: (playhead: Playhead) => Told): Told {
  return useSyncExternalStore(playhead.subscribe, () => tell(playhead));
}
