import { Link } from "@tanstack/react-router";
import { lookOf } from "../../parts/Button";
import { texts } from "../../texts";

/** An address that no page has. */
export function Nowhere() {
  return (
    <section className="empty">
      <div className="silence" aria-hidden="true" />
      <h1>{texts.problem.nowhere}</h1>
      <p>{texts.problem.nowhereText}</p>
      <div className="actions">
        <Link to="/calls" className="button" {...lookOf("act")}>
          {texts.problem.toCalls}
        </Link>
      </div>
    </section>
  );
}
