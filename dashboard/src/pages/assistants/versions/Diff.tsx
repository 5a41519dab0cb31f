import { useQuery } from "@tanstack/react-query";
import type { ChangeView, VersionView } from "../../../client";
import { Loading } from "../../../parts/Loading";
import { Problem } from "../../../parts/Problem";
import { count, fill, texts } from "../../../texts";
import { sectionOf } from "../editor/Section";
import { inWords } from "../fields/Was";
import { nameOf } from "../fields/editing";
import { unitOf } from "../fields/schema";
import { diffQuery } from "../queries";

const T = texts.versions;

/** Two versions, field by field; long texts line by line. */
export function Diff({ id, version, against, versions, onAgainst }: { id: number; version: number; against: number; versions: readonly VersionView[]; onAgainst: (version: number) => void }) {
  const found = useQuery(diffQuery(id, version, against));
  return (
    <>
      <div className="section-head">
        <h2>{fill(T.against, { n: version, other: against })}</h2>
        {found.data && <span className="remark">{count(T.fields, found.data.changes.length)}</span>}
      </div>
      <label className="against">
        {T.compare}
        <select className="input" value={against} onChange={(event) => onAgainst(Number(event.target.value))}>
          {versions
            .filter((each) => each.version !== version)
            .map((each) => (
              <option key={each.version} value={each.version}>
                {fill(T.version, { n: each.version })}
              </option>
            ))}
        </select>
      </label>
      {found.isPending && <Loading what={T.loading} />}
      {found.error && <Problem of={found.error} retry={() => void found.refetch()} />}
      {found.data?.changes.length === 0 && <p className="soft">{T.same}</p>}
      {found.data?.changes.map((each) => (
        <Change key={each.field} change={each} />
      ))}
    </>
  );
}

const SPOKEN = /greeting|message|goodbye|prompts/;

function Change({ change }: { change: ChangeView }) {
  const spoken = SPOKEN.test(change.field) ? "spoken" : "";
  const unit = unitOf(change.field);
  const long = typeof change.before === "string" && typeof change.after === "string" && (spoken || change.before.length + change.after.length > 60);
  return (
    <article className="change">
      <h3>
        <span>{texts.assistant_sections[sectionOf(change.field)]}</span>
        <code>{change.field}</code>
      </h3>
      {change.lines.length > 0 ? (
        <div className="change-lines">
          {change.lines.map((line, index) => (
            <p key={index} data-kind={line.kind}>
              {line.kind === "removed" ? <s>{line.text}</s> : line.text}
            </p>
          ))}
        </div>
      ) : long ? (
        <div className="change-lines">
          {change.before !== "" && (
            <p data-kind="removed">
              <s className={spoken}>{inWords(change.before)}</s>
            </p>
          )}
          <p data-kind="added" className={spoken}>
            {inWords(change.after)}
          </p>
        </div>
      ) : (
        <p className="change-pair">
          {nameOf(change.field)} {change.kind !== "added" && <s>{`${inWords(change.before)} ${unit}`}</s>} {change.kind === "removed" ? T.removed : <b>{`${inWords(change.after)} ${unit}`}</b>}
        </p>
      )}
    </article>
  );
}
