import type { VersionView } from "../../../client";
import { count, fill, texts } from "../../../texts";
import { clock, exact, seconds, sameDay, shortDay, zone } from "../../../words/times";

const T = texts.versions;

/** Newest first; the one that answers says so. */
export function VersionList({ versions, chosen, onChoose }: { versions: readonly VersionView[]; chosen: number; onChoose: (version: number) => void }) {
  const answering = versions.find((each) => each.published)?.version ?? 0;
  return (
    <section className="version-list">
      <div className="section-head">
        <h2>{T.title}</h2>
      </div>
      <ol>
        {versions.map((each) => {
          const at = new Date(each.created_at);
          return (
            <li key={each.version} data-chosen={each.version === chosen ? "" : undefined}>
              <button type="button" aria-pressed={each.version === chosen} onClick={() => onChoose(each.version)}>
                <b>{each.version}</b>
                <span>
                  <span className="version-note">{each.note || T.noNote}</span>
                  <small title={exact(at)}>{sameDay(at, new Date()) ? fill(T.today, { at: clock(at).slice(0, 5), zone: zone(at) }) : shortDay(at)}</small>
                  {each.calls_30d > 0 && (
                    <small className="version-figures" title={T.figures}>
                      {count(T.calls, each.calls_30d)}
                      {each.usual_ms !== null && <> · {fill(T.usual, { s: seconds(each.usual_ms) })}</>}
                    </small>
                  )}
                </span>
                {each.published && <i data-kind="answers">{T.answers}</i>}
                {each.version > answering && <i>{T.draft}</i>}
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
