import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { SERVER } from "../../api/server";
import { type Me, type PublishableTokenView, revokePublishableToken } from "../../client";
import { Confirm } from "../../parts/Confirm";
import { Copy } from "../../parts/Copy";
import { LockedButton } from "../../parts/LockedButton";
import { State } from "../../parts/State";
import { count, fill, texts } from "../../texts";
import { day } from "../../words/times";
import { ASSISTANTS } from "../calls/queries";
import { WEB_TOKENS } from "./queries";
import { snippet } from "./snippet";

const T = texts.settings.web;

/** A token: who answers, to whose pages, and what these are to hold. */
export function WebTokenRow({ of: token, me }: { of: PublishableTokenView; me: Me }) {
  const [revoking, setRevoking] = useState(false);
  const queries = useQueryClient();
  const { data: server } = useQuery(SERVER);
  const { data: assistants } = useQuery(ASSISTANTS);
  const name = assistants?.find((each) => each.id === token.assistant_id)?.name ?? fill(T.assistantNumber, { id: token.assistant_id });
  return (
    <li data-over={token.revoked_at ? "" : undefined}>
      <div className="web-token-head">
        <h2>{token.name}</h2>
        <State kind={token.revoked_at ? "plain" : "good"}>{token.revoked_at ? fill(T.revoked, { day: day(new Date(token.revoked_at)) }) : fill(T.answers, { name })}</State>
        {token.revoked_at === null && (
          <LockedButton small look="fault" role={me.role} needs="editor" aria-label={fill(T.revokeOne, { name: token.name })} onClick={() => setRevoking(true)}>
            {T.revoke}
          </LockedButton>
        )}
      </div>
      <p className="soft">{fill(T.allows, { origins: token.origins.join(", "), calls: count(T.calls, token.calls_per_minute) })}</p>
      {token.revoked_at === null && <Copy text={snippet(server?.public_host ?? null, token.token)} />}
      <Confirm
        open={revoking}
        onOpenChange={setRevoking}
        title={fill(T.revokeTitle, { name: token.name })}
        text={T.revokeText}
        verb={T.revoke}
        act={async () => {
          await revokePublishableToken({ path: { token_id: token.id }, throwOnError: true });
          await queries.invalidateQueries({ queryKey: WEB_TOKENS.queryKey });
        }}
      />
    </li>
  );
}
