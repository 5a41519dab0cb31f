import type { ErrorComponentProps } from "@tanstack/react-router";
import { Problem as ApiProblem } from "../api/problem";
import { texts } from "../texts";
import { Button } from "./Button";
import { Problem } from "./Problem";

/** In the place of a page that threw: what the API said, or that it is our bug. */
export function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <section className="empty">
      <Problem of={error instanceof ApiProblem ? error : new Error(texts.problem.broken)} />
      <div className="actions">
        <Button onClick={reset}>{texts.problem.reload}</Button>
      </div>
    </section>
  );
}
