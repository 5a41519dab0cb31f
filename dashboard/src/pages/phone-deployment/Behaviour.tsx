import { type ReactNode, useState } from "react";
import type { AssistantDetail, DeploymentView, Me } from "../../client";
import { Button } from "../../parts/Button";
import { may } from "../../parts/LockedButton";
import { SideSheet } from "../../parts/SideSheet";
import { count, fill, texts } from "../../texts";
import { shownNumber } from "../../words/phone";
import { length } from "../../words/times";
import { BehaviourForm } from "./BehaviourForm";
import { optionsOf } from "./change";

const T = texts.phoneDeployment;
const COUNTRIES = new Intl.DisplayNames(["en"], { type: "region" });

/** How the assistant behaves on this line; what differs from what the assistant says stands out. */
export function Behaviour({ assistant, deployment, me }: { assistant: AssistantDetail; deployment: DeploymentView; me: Me }) {
  const [editing, setEditing] = useState(false);
  const options = optionsOf(deployment);
  const body = assistant.body;
  const record = options.record ?? body.record ?? true;
  const most = options.max_duration_s ?? body.max_duration_s;
  const countries = options.countries ?? [];
  const rows: { name: string; value: ReactNode; spoken?: boolean; own?: boolean }[] = [
    { name: T.greeting, value: options.greeting ?? body.greeting ?? "", spoken: true, own: has(options.greeting) },
    { name: T.announcement, value: options.announcement || T.nothing, spoken: Boolean(options.announcement), own: Boolean(options.announcement) },
    { name: T.atOnce, value: options.concurrent_calls ? count(T.atOnceMost, options.concurrent_calls) : T.noLimit, own: Boolean(options.concurrent_calls) },
    { name: T.recording, value: record ? T.on : T.off, own: has(options.record) },
    { name: T.mayCall, value: countries.length > 0 ? countries.map((each) => COUNTRIES.of(each) ?? each).join(", ") : T.ownCountry, own: countries.length > 0 },
    { name: T.longest, value: most === undefined ? T.asAssistant : length(most * 1000), own: has(options.max_duration_s) },
    { name: T.pinned, value: options.pinned_version ? fill(T.version, { n: options.pinned_version }) : T.publishedAnswers, own: Boolean(options.pinned_version) },
    { name: T.callsFrom, value: deployment.telephony.phone_number ? shownNumber(deployment.telephony.phone_number) : T.noNumber },
  ];
  return (
    <section aria-label={T.behaviour}>
      <div className="section-head">
        <h2>{T.behaviour}</h2>
        <span className="remark">
          <Button look="quiet" small disabled={!may(me.role, "editor")} onClick={() => setEditing(true)}>
            {T.edit}
          </Button>
        </span>
      </div>
      <dl className="behaviour">
        {rows.map(({ name, value, spoken, own }) => (
          <div key={name} className="contents" data-own={own ? "" : undefined}>
            <dt>{name}</dt>
            <dd className={spoken ? "spoken" : ""}>{value}</dd>
          </div>
        ))}
      </dl>
      <SideSheet open={editing} title={T.behaviour} onClose={() => setEditing(false)}>
        <BehaviourForm assistant={assistant} deployment={deployment} onDone={() => setEditing(false)} />
      </SideSheet>
    </section>
  );
}

/** Whether the line says something of its own. */
function has(value: unknown): boolean {
  return value !== undefined && value !== null;
}
