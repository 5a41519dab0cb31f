import type { WrongField } from "../api/problem";
import { Marked } from "./Marked";

/** What the API said is wrong, field by field. */
export function WrongFields({ wrong }: { wrong: readonly WrongField[] }) {
  return wrong.length === 0 ? null : (
    <ul className="wrong-fields" role="alert">
      {wrong.map((each) => (
        <li key={each.field + each.problem}>
          <code>{each.field}</code> <Marked text={each.problem} />
        </li>
      ))}
    </ul>
  );
}
