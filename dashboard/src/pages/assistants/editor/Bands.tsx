import { Button } from "../../../parts/Button";
import { Problem } from "../../../parts/Problem";
import { Marked } from "../../../parts/Marked";
import { WrongFields } from "../../../parts/WrongFields";
import { fill, texts } from "../../../texts";
import { ago } from "../../../words/times";
import type { Draft } from "./useDraft";

const T = texts.assistant;

/** What has to be known about the draft before it is saved. */
export function Bands({ draft }: { draft: Draft }) {
  const { offered, wrong, hints, saving, theirs } = draft;
  return (
    <>
      {offered && (
        <div className="editor-band">
          <span>{fill(T.kept, { when: ago(new Date(offered.at)), n: offered.base })}</span>
          <Button small onClick={draft.take}>
            {T.keptUse}
          </Button>
          <Button small look="quiet" onClick={draft.drop}>
            {T.keptDrop}
          </Button>
        </div>
      )}
      {wrong.length > 0 && (
        <div className="editor-band" data-wrong="">
          <WrongFields wrong={wrong} />
        </div>
      )}
      {wrong.length === 0 && hints.length > 0 && (
        <ul className="editor-band hints">
          {hints.map((each) => (
            <li key={each}>
              <Marked text={each} />
            </li>
          ))}
        </ul>
      )}
      {saving.error && wrong.length === 0 && !theirs && (
        <div className="editor-band" data-wrong="">
          <Problem of={saving.error} />
        </div>
      )}
    </>
  );
}
