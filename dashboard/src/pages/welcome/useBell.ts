import { useEffect } from "react";

/** The two tones of a telephone's ring, and its pattern (ITU-T E.180, North America). */
const TONES_HZ = [440, 480];
const ON_S = 2;
const EVERY_S = 6;
const RINGS = 5;
const LOUD = 0.03;
const SLOPE_S = 0.02;

/** Rings audibly, where the browser lets this page: only after its person has clicked something. */
export function useBell(rings: boolean): void {
  useEffect(() => {
    if (!rings || !navigator.userActivation?.hasBeenActive) {
      return undefined;
    }
    const context = new AudioContext();
    const loud = new GainNode(context, { gain: 0 });
    loud.connect(context.destination);
    for (const frequency of TONES_HZ) {
      const tone = new OscillatorNode(context, { frequency });
      tone.connect(loud);
      tone.start();
    }
    for (let ring = 0; ring < RINGS; ring++) {
      const at = context.currentTime + ring * EVERY_S;
      loud.gain.setTargetAtTime(LOUD, at, SLOPE_S);
      loud.gain.setTargetAtTime(0, at + ON_S, SLOPE_S);
    }
    return () => void context.close();
  }, [rings]);
}
