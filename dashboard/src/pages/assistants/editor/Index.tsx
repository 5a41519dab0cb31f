import { texts } from "../../../texts";
import { SECTIONS, sectionOf } from "./Section";

const T = texts.assistant;

/** The sections, each with a mark where the draft differs from what answers. */
export function Index({ changed }: { changed: readonly string[] }) {
  const marked = new Set(changed.map(sectionOf));
  return (
    <nav className="editor-index" data-scroll aria-label={T.sections}>
      {SECTIONS.map((each) => (
        <button key={each} type="button" onClick={() => document.getElementById(each)?.scrollIntoView({ block: "start", behavior: "smooth" })}>
          {texts.assistant_sections[each]}
          {marked.has(each) && <i role="img" aria-label={T.changed} />}
        </button>
      ))}
    </nav>
  );
}
