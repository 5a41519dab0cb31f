import type { DeploymentView } from "../../client";
import { Copy } from "../../parts/Copy";
import { texts } from "../../texts";

const T = texts.phoneDeployment;

/** What the carrier is to ask, for who pastes it by hand. */
export function Addresses({ deployment }: { deployment: DeploymentView }) {
  const { webhook_url, status_callback_url, hints } = deployment;
  return (
    <>
      {webhook_url && <Address label={T.webhook} url={webhook_url} />}
      {status_callback_url && <Address label={T.statusCallback} url={status_callback_url} />}
      {hints.map((hint) => (
        <p key={hint} className="hint">
          {hint}
        </p>
      ))}
    </>
  );
}

function Address({ label, url }: { label: string; url: string }) {
  return (
    <div className="field">
      <span className="field-label">
        {label}
        <span className="hint font-normal">{T.byPost}</span>
      </span>
      <Copy text={url} />
    </div>
  );
}
