import { Problem as ApiProblem } from "../api/problem";
import { fill, texts } from "../texts";
import { Button } from "./Button";
import { Icon } from "./Icon";

/** What went wrong, in the API's own sentence, and the way on. */
export function Problem({ of, retry }: { of: Error; retry?: () => void }) {
  const known = of instanceof ApiProblem ? of : null;
  return (
    <div className="problem" role="alert">
      <p>
        <Icon name="fault" />
        <span>{capitalized(of.message)}</span>
      </p>
      {retry && (
        <Button small onClick={retry}>
          {texts.problem.again}
        </Button>
      )}
      {known && known.status > 0 && <small>{fill(texts.problem.small, { status: known.status, code: known.code })}</small>}
    </div>
  );
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
