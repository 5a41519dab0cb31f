import { Link } from "@tanstack/react-router";
import type { UseView } from "../../client";
import { fill, texts } from "../../texts";

const T = texts.credentials;
const SHOWN = 2;

/** The assistants that use a credential: by their line, or by what they hear, think and speak with. */
export function Users({ of }: { of: readonly UseView[] }) {
  if (of.length === 0) {
    return <span className="faint">{T.unused}</span>;
  }
  return (
    <span className="credential-users" title={of.map((each) => each.name).join(", ")}>
      {of.slice(0, SHOWN).map((each) => (
        <Link key={`${each.kind} ${each.id}`} to={each.kind === "phone_deployment" ? "/assistants/$id/phone" : "/assistants/$id"} params={{ id: String(each.id) }}>
          {each.name}
        </Link>
      ))}
      {of.length > SHOWN && <span className="faint">{fill(T.others, { n: of.length - SHOWN })}</span>}
    </span>
  );
}
