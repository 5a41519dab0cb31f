import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type KeyView, revokeApiKey } from "../../client";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { State } from "../../parts/State";
import { fill, texts } from "../../texts";
import { ago, day, exact } from "../../words/times";
import { API_KEYS } from "./queries";

const T = texts.settings.apiKeys;

/** A key by its beginning; its secret was shown once. */
export function ApiKeyRow({ of: key }: { of: KeyView }) {
  const [revoking, setRevoking] = useState(false);
  const queries = useQueryClient();
  const used = key.last_used_at === null ? null : new Date(key.last_used_at);
  return (
    <tr data-over={key.revoked_at || isOver(key) ? "" : undefined}>
      <td>
        <span className="two">
          <b>{key.name}</b>
          <small className="mono">{key.prefix}…</small>
        </span>
      </td>
      <td className="desk-only">{texts.shell.role[key.role]}</td>
      <td title={used ? exact(used) : undefined}>{used ? ago(used) : T.never}</td>
      <td className="desk-only">
        <End of={key} />
      </td>
      <td className="number">
        {key.revoked_at === null && (
          <Button small look="fault" aria-label={fill(T.revokeOne, { name: key.name })} onClick={() => setRevoking(true)}>
            {T.revoke}
          </Button>
        )}
        <Confirm
          open={revoking}
          onOpenChange={setRevoking}
          title={fill(T.revokeTitle, { name: key.name })}
          text={T.revokeText}
          verb={T.revoke}
          act={async () => {
            await revokeApiKey({ path: { key_id: key.id }, throwOnError: true });
            await queries.invalidateQueries({ queryKey: API_KEYS.queryKey });
          }}
        />
      </td>
    </tr>
  );
}

function End({ of: key }: { of: KeyView }) {
  if (key.revoked_at) {
    const at = new Date(key.revoked_at);
    return (
      <span title={exact(at)}>
        <State kind="plain">{fill(T.revoked, { day: day(at) })}</State>
      </span>
    );
  }
  if (key.expires_at === null) {
    return <State kind="good">{T.forever}</State>;
  }
  const at = new Date(key.expires_at);
  return (
    <span title={exact(at)}>
      <State kind={isOver(key) ? "plain" : "good"}>{fill(isOver(key) ? T.ended : T.until, { day: day(at) })}</State>
    </span>
  );
}

function isOver(key: KeyView): boolean {
  return key.expires_at !== null && new Date(key.expires_at) <= new Date();
}
