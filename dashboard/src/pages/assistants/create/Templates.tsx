import { Link } from "@tanstack/react-router";
import type { TemplateView } from "../../../client";
import { Marked } from "../../../parts/Marked";
import { sentence, texts } from "../../../texts";

const T = texts.assistants;

/** What an assistant can begin with. One that lacks something can be chosen too: below it stands what would mend it. */
export function Templates({ templates, value, onChange }: { templates: readonly TemplateView[]; value: string | undefined; onChange: (name: string) => void }) {
  return (
    <fieldset className="templates">
      <legend className="field-label">{T.begin}</legend>
      {templates.map((each) => (
        <label key={each.name}>
          <input type="radio" name="template" value={each.name} checked={each.name === value} onChange={() => onChange(each.name)} />
          <b>
            {sentence(T.templates, each.name)}
            <small>{T.minds[each.mind]}</small>
          </b>
          <span className="about">
            <Marked text={each.about} />
          </span>
          {each.name === value && each.lacking.length > 0 && (
            <span className="lacking">
              {each.mind === "model" ? T.lacksModel : each.lacking.join(" ")} <Link to="/credentials" search={{ sheet: "new" }}>{texts.credentials.create}</Link>
            </span>
          )}
        </label>
      ))}
    </fieldset>
  );
}
