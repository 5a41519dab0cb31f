import type { PhoneNumberView } from "../../client";
import { fill, texts } from "../../texts";

const T = texts.phoneDeployment.answeredBy;

/** Who answers a number, in a sentence. */
export function answeredBy(number: PhoneNumberView): string {
  const { kind, assistant_name, where } = number.answered_by;
  return fill(T[kind], { name: assistant_name ?? "", where: where ?? "" });
}
