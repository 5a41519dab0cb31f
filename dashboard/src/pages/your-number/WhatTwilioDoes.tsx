import type { DeploymentView } from "../../client";
import { Rich } from "../../parts/Rich";
import { texts } from "../../texts";

const T = texts.yourNumber;

/** What happens when the number rings, in the addresses that it happens at. */
export function WhatTwilioDoes({ assistantId, deployment }: { assistantId: number; deployment: DeploymentView | null }) {
  const asked = deployment?.webhook_url;
  const path = asked ? new URL(asked).pathname : `/v1/talk/twilio/call/${assistantId}`;
  const stream = `wss://${asked ? new URL(asked).host : "…"}/v1/talk/twilio/ctx/…`;
  return (
    <>
      <h2>{T.does}</h2>
      <ol>
        <li>
          <Rich text={T.comesIn} with={{ bold: <b>{T.comesInBold}</b>, path: <code>{path}</code> }} />
        </li>
        <li>
          <Rich text={T.answers} with={{ bold: <b>{T.answersBold}</b>, stream: <code>{stream}</code> }} />
        </li>
        <li>
          <Rich text={T.carries} with={{ bold: <b>{T.carriesBold}</b> }} />
        </li>
      </ol>
    </>
  );
}
