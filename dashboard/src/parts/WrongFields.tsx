import type { WrongField } from "../api/problem";
import { Ticks } from "./Ticks";

/** What the API said is wrong, field by field. */
export function WrongFields({ wrong }: { wrong: readonly WrongField[] }) {
  return wrong.length === 0 ? null : (
    <ul className="wrong-fields" role="alert">
      {wrong.map((each) => (
        <li key={each.field + each.problem}>
          <code>{each.field}</code> <Ticks text={each.problem} />
        </li>
      ))}
    </ul>
  );
}
