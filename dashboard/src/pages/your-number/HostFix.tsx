import { Button } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { Rich } from "../../parts/Rich";
import { texts } from "../../texts";

const T = texts.yourNumber;
const TUNNEL = "rapida serve --tunnel cloudflared";

/** How a server gets a public name: a lent one for a first try, or one's own. */
export function HostFix({ asking, onCheck }: { asking: boolean; onCheck: () => void }) {
  return (
    <>
      <div className="field">
        <span className="field-label">{T.tunnel}</span>
        <Copy text={TUNNEL} />
        <p className="hint">
          <Rich text={T.ownHost} with={{ setting: <code>PUBLIC_ASSISTANT_HOST</code>, file: <code>docker/assistant-api/.assistant.env</code> }} />
        </p>
      </div>
      <div className="row">
        <Button small disabled={asking} onClick={onCheck}>
          {texts.phoneDeployment.checkAgain}
        </Button>
      </div>
    </>
  );
}
