/** What the page and its audio thread tell each other. */

/** Sound to play (mu-law), a mark behind it, an order to drop what waits, or the end. */
export type ToSound = ArrayBuffer | { mark: string } | { clear: true } | { over: true };

/** A frame of the microphone with both parties' loudest sample in it, or a mark that was played. */
export type FromSound = { frame: ArrayBuffer; caller: number; agent: number } | { mark: string };
