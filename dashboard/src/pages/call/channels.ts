/** Which of the recording's two channels is heard: left the caller, right the agent. One alone goes to both ears. */

export type Side = "both" | "caller" | "agent";

/** By side: how much of each channel reaches each ear, as [left to left, left to right, right to left, right to right]. */
const GAINS: Readonly<Record<Side, readonly [number, number, number, number]>> = {
  both: [1, 0, 0, 1],
  caller: [1, 1, 0, 0],
  agent: [0, 0, 1, 1],
};

export class Channels {
  private readonly gains: readonly GainNode[];

  constructor(sound: HTMLMediaElement) {
    const context = new AudioContext();
    const source = context.createMediaElementSource(sound);
    const splitter = context.createChannelSplitter(2);
    const merger = context.createChannelMerger(2);
    source.connect(splitter);
    merger.connect(context.destination);
    this.gains = [0, 1, 2, 3].map((index) => {
      const gain = context.createGain();
      splitter.connect(gain, index >> 1);
      gain.connect(merger, 0, index & 1);
      return gain;
    });
  }

  choose(side: Side): void {
    this.gains.forEach((gain, index) => {
      gain.gain.value = GAINS[side][index] ?? 0;
    });
  }
}
