import { Marked } from "../../parts/Marked";
import { type Drawn, asSentence } from "./stations";

/** What is known of a station, in words: each fault with what mends it, else what is right, else what belongs there. */
export function Told({ station, expected }: { station: Drawn; expected: string }) {
  if (station.wrong.length > 0) {
    return station.wrong.map((each) => (
      <p key={each.name + each.about}>
        <b>
          <Marked text={asSentence(each.name === "provider" && each.about ? `${each.about}: ${each.sentence}` : each.sentence)} />
        </b>{" "}
        <Marked text={asSentence(each.fix)} />
      </p>
    ));
  }
  return station.known.length > 0 ? <Marked text={station.known.join(" ")} /> : expected;
}
