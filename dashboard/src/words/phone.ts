import { texts } from "../texts";

/** +1 415 555 0132. Numbers of other plans are parted in threes; what is no number is shown as it is. */
export function shownNumber(party: string): string {
  if (!party) {
    return texts.call.withheld;
  }
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(party);
  if (american) {
    return `+1 ${american[1]} ${american[2]} ${american[3]}`;
  }
  const other = /^\+(\d{2})(\d{6,13})$/.exec(party);
  return other ? `+${other[1]} ${(other[2] ?? "").replace(/(\d{3})(?=\d{2})/g, "$1 ")}` : party;
}
