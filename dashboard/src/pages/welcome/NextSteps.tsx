import { Link } from "@tanstack/react-router";
import { lookOf } from "../../parts/Button";
import { texts } from "../../texts";

const STEPS = ["host", "credential", "number", "call"] as const;

/** What comes after the first call: one's own number. */
export function NextSteps({ skip }: { skip: boolean }) {
  return (
    <section className="next-steps">
      <h2>{texts.welcome.after}</h2>
      <ol>
        {STEPS.map((each, index) => (
          <li key={each}>
            <b>
              {index + 1}. {texts.welcome.next4[each].name}
            </b>
            <span>{texts.welcome.next4[each].text}</span>
            <code>{texts.welcome.next4[each].api}</code>
          </li>
        ))}
      </ol>
      <Link to="/welcome/number" className="button" {...lookOf("plain")}>
        {skip ? texts.welcome.skip : texts.welcome.goOn}
      </Link>
    </section>
  );
}
