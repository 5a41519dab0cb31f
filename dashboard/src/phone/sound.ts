/** The microphone and the loudspeaker of a call in the browser. */
import type { FromSound, ToSound } from "./sound-messages.ts";

/** How it is with the microphone. `insecure`: browsers give none to a page that came by plain http. */
export type Microphone = "unasked" | "asking" | "on" | "muted" | "refused" | "absent" | "insecure";

export interface SoundEvents {
  frame(frame: ArrayBuffer, caller: number, agent: number): void;
  played(mark: string): void;
}

/** A browser that has not begun to play after so long will not: it is talked to in writing. */
const BEGINS_WITHIN_MS = 4000;
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 } as const;

export class Sound {
  readonly #context: AudioContext;
  readonly #node: AudioWorkletNode;
  #stream: MediaStream | null = null;
  #closed = false;

  private constructor(context: AudioContext, node: AudioWorkletNode) {
    this.#context = context;
    this.#node = node;
  }

  /** Begins to play silence and to count frames. Rejects where a page may not, or cannot. */
  static async open(worklet: string | URL, events: SoundEvents): Promise<Sound> {
    const context = new AudioContext({ latencyHint: "interactive" });
    try {
      await within(context.resume());
      await context.audioWorklet.addModule(worklet);
      const node = new AudioWorkletNode(context, "phone", { numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [1], channelCount: 1, channelCountMode: "explicit" });
      const sound = new Sound(context, node);
      node.port.addEventListener("message", ({ data }: MessageEvent<FromSound>) => {
        if (sound.#closed) {
          return;
        }
        if ("frame" in data) {
          events.frame(data.frame, data.caller, data.agent);
        } else {
          // It has left the worklet, and is at the ear when it has passed the device.
          setTimeout(() => events.played(data.mark), (context.outputLatency || 0) * 1000);
        }
      });
      node.port.start();
      node.connect(context.destination);
      return sound;
    } catch (wrong) {
      void context.close();
      throw wrong;
    }
  }

  /** Asks for the microphone. What became of it is told, not thrown: a call goes on without. */
  async listen(): Promise<Microphone> {
    if (!navigator.mediaDevices) {
      return "insecure";
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: MICROPHONE });
      if (this.#closed) {
        stop(stream);
        return "unasked";
      }
      this.#stream = stream;
      this.#context.createMediaStreamSource(stream).connect(this.#node);
      return "on";
    } catch (wrong) {
      return wrong instanceof DOMException && (wrong.name === "NotAllowedError" || wrong.name === "SecurityError") ? "refused" : "absent";
    }
  }

  mute(muted: boolean): void {
    this.#stream?.getAudioTracks().forEach((track) => (track.enabled = !muted));
  }

  play(sound: ArrayBuffer): void {
    this.#tell(sound, [sound]);
  }

  mark(name: string): void {
    this.#tell({ mark: name });
  }

  clear(): void {
    this.#tell({ clear: true });
  }

  close(): void {
    this.#tell({ over: true });
    this.#closed = true;
    if (this.#stream) {
      stop(this.#stream);
    }
    if (this.#context.state !== "closed") {
      void this.#context.close();
    }
  }

  #tell(what: ToSound, moved: Transferable[] = []): void {
    this.#node.port.postMessage(what, moved);
  }
}

function stop(stream: MediaStream): void {
  stream.getTracks().forEach((track) => track.stop());
}

function within(work: Promise<void>): Promise<void> {
  return Promise.race([work, new Promise<void>((_, reject) => setTimeout(() => reject(new Error("no sound")), BEGINS_WITHIN_MS))]);
}
