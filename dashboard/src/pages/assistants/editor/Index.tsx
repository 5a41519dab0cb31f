import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Icon } from "../../../parts/Icon";
import { texts } from "../../../texts";
import { SECTIONS, type SectionName, sectionOf } from "./Section";

const T = texts.assistant;

/** The sections, each with a mark where the draft differs from what answers; and the same draft as text. */
export function Index({ changed, flow }: { changed: readonly string[]; flow: boolean }) {
  const { view } = useSearch({ from: "/inside/assistants/$id" });
  const navigate = useNavigate({ from: "/assistants/$id" });
  const marked = new Set(changed.map(sectionOf));
  const show = async (section: SectionName) => {
    if (view !== undefined) {
      await navigate({ search: {} });
    }
    requestAnimationFrame(() => document.getElementById(section)?.scrollIntoView({ block: "start", behavior: "smooth" }));
  };
  return (
    <nav className="editor-index" data-scroll aria-label={T.sections}>
      {SECTIONS.map((each) => (
        <button key={each} type="button" onClick={() => void show(each)}>
          {texts.assistant_sections[each]}
          {marked.has(each) && <i role="img" aria-label={T.changed} />}
        </button>
      ))}
      {flow && (
        <Link from="/assistants/$id" search={{ view: "flow" }} className="as-text" aria-current={view === "flow" ? "true" : undefined}>
          <Icon name="line" />
          {texts.flow.title}
        </Link>
      )}
      <Link from="/assistants/$id" search={{ view: "yaml" }} className="as-text" aria-current={view === "yaml" ? "true" : undefined}>
        <Icon name="file" />
        {texts.flow.asYaml}
      </Link>
    </nav>
  );
}
