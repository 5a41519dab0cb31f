import { Link } from "@tanstack/react-router";
import type { Deed } from "../../client";
import { Rich } from "../../parts/Rich";
import { count, texts } from "../../texts";
import { exact, moment } from "../../words/times";
import { useNames } from "./names";
import { actorOf, changesOf, inBrief, sentenceOf, subjectOf } from "./deeds";

const T = texts.settings.audit;

/** Deeds, newest first; what each changed opens under it. */
export function AuditTable({ deeds, brief = false }: { deeds: readonly Deed[]; brief?: boolean }) {
  const names = useNames();
  return (
    <table className="table open-table audit-table">
      <thead className={brief ? "unseen" : ""}>
        <tr>
          <th scope="col">{T.when}</th>
          <th scope="col">{T.who}</th>
          <th scope="col">{T.what}</th>
          <th scope="col">{T.changed}</th>
        </tr>
      </thead>
      <tbody>
        {deeds.map((each) => (
          <DeedRow key={each.id} deed={each} names={names} />
        ))}
      </tbody>
    </table>
  );
}

function DeedRow({ deed, names }: { deed: Deed; names: ReadonlyMap<string, string> }) {
  const at = new Date(deed.at);
  const subject = subjectOf(deed, names);
  const changes = changesOf(deed);
  const told = inBrief(changes);
  const what = subject.path ? <Link to={subject.path}>{subject.label}</Link> : subject.label;
  return (
    <tr>
      <td title={exact(at)}>{moment(at)}</td>
      <td>{actorOf(deed)}</td>
      <td>
        <Rich text={sentenceOf(deed)} with={{ what }} />
      </td>
      <td>
        {told && <span className="faint">{told}</span>}
        {!told && changes.length > 0 && (
          <details>
            <summary>{count(T.fields, changes.length)}</summary>
            <dl className="changes">
              {changes.map((each) => (
                <div key={each.field}>
                  <dt>{each.field}</dt>
                  <dd>
                    {each.before !== undefined && <s>{each.before}</s>} {each.after ?? (each.before === undefined ? "" : T.gone)}
                  </dd>
                </div>
              ))}
            </dl>
          </details>
        )}
      </td>
    </tr>
  );
}
