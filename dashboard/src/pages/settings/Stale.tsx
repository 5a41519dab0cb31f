import { Button } from "../../parts/Button";
import { texts } from "../../texts";

const T = texts.settings.stale;

export interface Difference {
  label: string;
  theirs: string;
  mine: string;
}

/** Somebody else saved meanwhile: both changes, and which to keep. Nothing typed is lost. */
export function Stale({ differences, onMine, onTheirs }: { differences: readonly Difference[]; onMine: () => void; onTheirs: () => void }) {
  return (
    <section className="stale" role="alert">
      <h3>{T.title}</h3>
      <dl>
        {differences.map((each) => (
          <div key={each.label} className="contents">
            <dt>{each.label}</dt>
            <dd>
              <s>{each.theirs}</s> <b>{each.mine}</b>
            </dd>
          </div>
        ))}
      </dl>
      <div className="form-actions">
        <Button look="act" onClick={onMine}>
          {T.mine}
        </Button>
        <Button onClick={onTheirs}>{T.theirs}</Button>
      </div>
    </section>
  );
}
