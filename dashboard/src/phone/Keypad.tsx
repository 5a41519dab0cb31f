import { fill, texts } from "../texts";

const KEYS = [
  ["1", ""],
  ["2", "ABC"],
  ["3", "DEF"],
  ["4", "GHI"],
  ["5", "JKL"],
  ["6", "MNO"],
  ["7", "PQRS"],
  ["8", "TUV"],
  ["9", "WXYZ"],
  ["*", ""],
  ["0", "+"],
  ["#", ""],
] as const;

/** The twelve keys. Without a call they can be seen, not pressed. */
export function Keypad({ idle, onKey }: { idle: boolean; onKey: (digit: string) => void }) {
  return (
    <div className="keypad" role="group" aria-label={texts.browserPhone.keys}>
      {KEYS.map(([digit, letters]) => (
        <button key={digit} type="button" aria-label={fill(texts.browserPhone.key, { digit })} disabled={idle} onClick={() => onKey(digit)}>
          {digit}
          <small aria-hidden="true">{letters}</small>
        </button>
      ))}
    </div>
  );
}
