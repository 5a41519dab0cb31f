import type { ListedAssistant } from "../../client";
import { texts } from "../../texts";
import { AssistantRow } from "./AssistantRow";

const T = texts.assistants;

/** One line an assistant; on the phone two. */
export function AssistantTable({ assistants }: { assistants: readonly ListedAssistant[] }) {
  return (
    <table className="table assistants-table">
      <thead>
        <tr>
          <th scope="col">{T.name}</th>
          <th scope="col">{T.answers}</th>
          <th scope="col">{T.onPhone}</th>
          <th scope="col" className="number">
            {T.calls7d}
          </th>
          <th scope="col" className="number">
            {T.usual}
          </th>
          <th scope="col" className="number">
            {T.endedBadly}
          </th>
        </tr>
      </thead>
      <tbody>
        {assistants.map((each) => (
          <AssistantRow key={each.id} assistant={each} />
        ))}
      </tbody>
    </table>
  );
}
