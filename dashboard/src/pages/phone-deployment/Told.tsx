import { Ticks } from "../../parts/Ticks";
import { type Drawn, asSentence } from "./stations";

/** What is known of a station, in words: each fault with what mends it, else what is right, else what belongs there. */
export function Told({ station, expected }: { station: Drawn; expected: string }) {
  if (station.wrong.length > 0) {
    return station.wrong.map((each) => (
      <p key={each.name + each.about}>
        <b>
          <Ticks text={asSentence(each.name === "provider" && each.about ? `${each.about}: ${each.sentence}` : each.sentence)} />
        </b>{" "}
        <Ticks text={asSentence(each.fix)} />
      </p>
    ));
  }
  return station.known.length > 0 ? <Ticks text={station.known.join(" ")} /> : expected;
}
