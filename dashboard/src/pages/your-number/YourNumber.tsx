import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ME } from "../../api/session";
import { lookOf } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { Loading } from "../../parts/Loading";
import { may } from "../../parts/LockedButton";
import { NeedsRole } from "../../parts/NeedsRole";
import { Problem } from "../../parts/Problem";
import { Stop, Stops, type StopState } from "../../parts/Stops";
import { Bare } from "../../shell/Bare";
import { fill, texts } from "../../texts";
import { NumberChoice } from "../phone-deployment/NumberChoice";
import { Told } from "../phone-deployment/Told";
import { checkQuery, deploymentQuery, numbersQuery } from "../phone-deployment/queries";
import { drawn } from "../phone-deployment/stations";
import { useCarriers } from "../phone-deployment/useCarriers";
import { FIRST_ASSISTANT } from "../welcome/first-assistant";
import { Steps } from "../welcome/Steps";
import { AccountForm } from "./AccountForm";
import { AwaitedCall } from "./AwaitedCall";
import { HostFix } from "./HostFix";
import { WhatTwilioDoes } from "./WhatTwilioDoes";
import "../welcome/welcome.css";
import "./your-number.css";

const T = texts.yourNumber;

/** From an installation that talks to one that is called: host, credential, number, call; each checks itself. */
export function YourNumber() {
  const { data: me } = useSuspenseQuery(ME);
  const assistant = useQuery(FIRST_ASSISTANT);
  const id = assistant.data?.id ?? 0;
  const locked = !may(me.role, "editor");
  const deployment = useQuery({ ...deploymentQuery(id), enabled: id > 0 });
  const check = useQuery(checkQuery(id, id > 0 && !locked));
  const { accounts, error } = useCarriers();
  const account = accounts?.find((each) => each.id === deployment.data?.telephony.credential_id) ?? accounts?.[0];
  const numbers = useQuery(numbersQuery(account?.id));
  const host = drawn("host", check.data?.stations);
  // Whichever assistant answers one of the numbers: its call is waited for.
  const connected = numbers.data?.find((each) => each.answered_by.assistant_id === id) ?? numbers.data?.find((each) => each.answered_by.assistant_id !== null);
  const problem = assistant.error ?? deployment.error ?? error;
  const stand = (done: boolean, ready: boolean): StopState => (done ? "good" : ready ? "now" : "open");
  const mark = (state: StopState, n: number) => (state === "good" ? <Icon name="done" /> : n);
  const [first, second, third] = [host.state === "open" ? "now" : host.state, stand(account !== undefined, true), stand(connected !== undefined, account !== undefined)] as const;
  return (
    <Bare>
      <Steps at="number" />
      <div className="your-number">
        <section>
          <h1>{T.title}</h1>
          <p className="lead">{T.lead}</p>
          <NeedsRole me={me} least="editor" />
          {problem ? (
            <Problem of={problem} retry={() => void Promise.all([assistant.refetch(), deployment.refetch()])} />
          ) : !assistant.data || deployment.data === undefined || !accounts ? (
            <Loading what={T.loading} />
          ) : (
            <Stops label={T.title}>
              <Stop state={first} mark={mark(first, 1)} name={T.host} told={<Told station={host} expected={check.isFetching ? texts.phoneDeployment.checking : T.hostText} />}>
                {host.state === "fault" && <HostFix asking={check.isFetching} onCheck={() => void check.refetch()} />}
              </Stop>
              <Stop state={second} mark={mark(second, 2)} name={T.credential} told={account ? fill(T.kept, { name: account.name, account: account.account }) : T.credentialText}>
                {account ? account.verify_outcome !== "accepted" && <p className="hint">{account.verify_sentence || T.unverified}</p> : <AccountForm locked={locked} />}
              </Stop>
              <Stop state={third} mark={mark(third, 3)} name={T.number} told={fill(connected ? T.connected : T.numberText, { name: connected?.answered_by.assistant_name ?? assistant.data.name })}>
                {account && <NumberChoice key={account.id} assistant={assistant.data} deployment={deployment.data} account={account} locked={locked} />}
              </Stop>
              <AwaitedCall key={connected?.number} assistantId={connected?.answered_by.assistant_id ?? id} number={connected?.number} mark={mark} />
            </Stops>
          )}
        </section>
        <aside>
          <WhatTwilioDoes assistantId={id} deployment={deployment.data ?? null} />
          <Link to="/calls" className="button" {...lookOf("plain")}>
            {T.later}
          </Link>
        </aside>
      </div>
    </Bare>
  );
}
