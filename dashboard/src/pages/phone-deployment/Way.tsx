import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AssistantDetail, DeploymentView, Me, PhoneCheckView } from "../../client";
import { Button } from "../../parts/Button";
import { Icon, type IconName } from "../../parts/Icon";
import { may } from "../../parts/LockedButton";
import { Problem } from "../../parts/Problem";
import { Stop, Stops } from "../../parts/Stops";
import { count, fill, texts } from "../../texts";
import { ago } from "../../words/times";
import { AccountChoice } from "./AccountChoice";
import { Addresses } from "./Addresses";
import { NumberChoice } from "./NumberChoice";
import { Told } from "./Told";
import { checkQuery } from "./queries";
import { STATIONS, type StationName, drawn, faults } from "./stations";
import { useCarriers } from "./useCarriers";

const T = texts.phoneDeployment;
const ICONS: Readonly<Record<StationName, IconName>> = { number: "phone", carrier: "link", host: "line", proof: "lock", stream: "voice", assistant: "mind" };

/** The way of a call as stations, each with what was checked there and what can be done. */
export function Way({ assistant, deployment, me }: { assistant: AssistantDetail; deployment: DeploymentView | null; me: Me }) {
  const mayChange = may(me.role, "editor");
  const check = useQuery(checkQuery(assistant.id, mayChange && deployment !== null));
  const { accounts, error } = useCarriers();
  const kept = deployment && !deployment.demo ? deployment.telephony.credential_id : null;
  const [chosen, setChosen] = useState<number | null>(null);
  const account = accounts?.find((each) => each.id === (chosen ?? kept)) ?? accounts?.[0];
  const carrier = carrierName(account?.provider ?? deployment?.telephony.provider);
  const wrong = error ?? check.error;
  return (
    <>
      <div className="section-head">
        <h2>{T.way}</h2>
        <span className="remark way-remark">
          <span role="status">{deployment === null ? T.notYet : check.isFetching ? T.checking : check.data ? summary(check.data) : ""}</span>
          {deployment && mayChange && (
            <Button look="quiet" small disabled={check.isFetching} onClick={() => void check.refetch()}>
              {T.checkAgain}
            </Button>
          )}
        </span>
      </div>
      {wrong && <Problem of={wrong} retry={() => void check.refetch()} />}
      <Stops label={T.way}>
        {STATIONS.map((name) => {
          const station = drawn(name, deployment ? check.data?.stations : undefined);
          return (
            <Stop
              key={name}
              state={station.state}
              mark={<Icon name={ICONS[name]} />}
              name={fill(T.stations[name], { carrier })}
              told={<Told station={station} expected={fill(T.expected[name], { carrier })} />}
            >
              {name === "number" && accounts && <NumberChoice key={account?.id} assistant={assistant} deployment={deployment} account={account} locked={!mayChange} />}
              {name === "carrier" && deployment && <Addresses deployment={deployment} />}
              {name === "proof" && accounts && (
                <AccountChoice assistant={assistant} deployment={deployment} accounts={accounts} account={account} onChoose={setChosen} locked={!mayChange} />
              )}
            </Stop>
          );
        })}
      </Stops>
    </>
  );
}

function summary(check: PhoneCheckView): string {
  const at = ago(new Date(check.checked_at));
  const wrong = faults(check.stations);
  return wrong === 0 ? fill(T.allWell, { ago: at }) : count(T.notWell, wrong, { ago: at });
}

/** A carrier as people write it. */
function carrierName(name: string | undefined): string {
  return name ? name.charAt(0).toUpperCase() + name.slice(1) : T.someCarrier;
}
