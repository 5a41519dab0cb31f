import { useQuery } from "@tanstack/react-query";
import { SERVER } from "../../api/server";
import type { ServerFacts, ServerView, SettingView } from "../../client";
import { Loading } from "../../parts/Loading";
import { Marked } from "../../parts/Marked";
import { Problem } from "../../parts/Problem";
import { State } from "../../parts/State";
import { fill, texts } from "../../texts";
import { ago, exact } from "../../words/times";
import { PageHead } from "./PageHead";
import { WithRole } from "./WithRole";
import { SERVERS, SETTINGS } from "./queries";

const T = texts.settings.server;
const OFTEN_MS = 5000;

/** The server that answers, the others of the installation, and the settings in force. */
export function ThisServer() {
  return (
    <WithRole needs="admin" title={T.title}>
      <Servers />
    </WithRole>
  );
}

function Servers() {
  const server = useQuery(SERVER);
  const servers = useQuery({ ...SERVERS, refetchInterval: OFTEN_MS });
  const settings = useQuery(SETTINGS);
  const problem = server.error ?? servers.error ?? settings.error;
  return (
    <>
      <PageHead title={T.title}>{T.about}</PageHead>
      {problem && <Problem of={problem} retry={() => void Promise.all([server.refetch(), servers.refetch(), settings.refetch()])} />}
      {server.isPending && <Loading what={T.loading} />}
      {server.data && <Facts of={server.data} />}
      {servers.data && <ServerTable of={servers.data} />}
      {settings.data && <SettingTable of={settings.data} />}
    </>
  );
}

function Facts({ of: server }: { of: ServerFacts }) {
  return (
    <dl className="facts settings-list">
      <dt>{T.state}</dt>
      <dd>
        <State kind={server.draining ? "attention" : "good"}>{server.draining ? T.draining : T.takes}</State>
      </dd>
      <dt>{T.calls}</dt>
      <dd>{fill(T.callsNow, { now: server.calls_now, most: server.calls_at_most })}</dd>
      <dt>{T.host}</dt>
      <dd>{server.public_host ? <code>{server.public_host}</code> : T.noHost}</dd>
      <dt>{T.version}</dt>
      <dd>
        <code>{server.version}</code>
      </dd>
      <dt>{T.zone}</dt>
      <dd>{server.zone}</dd>
    </dl>
  );
}

function ServerTable({ of: servers }: { of: readonly ServerView[] }) {
  return (
    <section className="settings-section">
      <div className="section-head">
        <h2>{T.all}</h2>
        <span className="remark">{T.allText}</span>
      </div>
      <table className="table open-table">
        <thead>
          <tr>
            <th scope="col">{T.name}</th>
            <th scope="col">{T.calls}</th>
            <th scope="col" className="desk-only">
              {T.started}
            </th>
            <th scope="col" className="desk-only">
              {T.heard}
            </th>
            <th scope="col">{T.keys}</th>
          </tr>
        </thead>
        <tbody>
          {servers.map((each) => (
            <tr key={`${each.name} ${each.started_at}`}>
              <td>
                <span className="two">
                  <b>{each.name}</b>
                  {each.answers && <small>{T.answers}</small>}
                </span>
              </td>
              <td>{each.calls}</td>
              <td className="desk-only soft" title={exact(new Date(each.started_at))}>
                {ago(new Date(each.started_at))}
              </td>
              <td className="desk-only soft" title={exact(new Date(each.heard_at))}>
                {ago(new Date(each.heard_at))}
              </td>
              <td>
                <code>{each.keys.join(", ")}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function SettingTable({ of: settings }: { of: readonly SettingView[] }) {
  return (
    <section className="settings-section">
      <div className="section-head">
        <h2>{T.settings}</h2>
        <span className="remark">{T.settingsText}</span>
      </div>
      <table className="table open-table setting-table">
        <thead>
          <tr>
            <th scope="col">{T.setting}</th>
            <th scope="col">{T.value}</th>
          </tr>
        </thead>
        <tbody>
          {settings.map((each) => (
            <tr key={each.name}>
              <td>
                <span className="two">
                  <code>{each.name}</code>
                  <small>
                    <Marked text={each.doc} />
                  </small>
                </span>
              </td>
              <td>{shown(each)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function shown(setting: SettingView) {
  if (setting.value === null) {
    return <State kind="good">{T.secret}</State>;
  }
  if (setting.value) {
    return <code>{setting.value}</code>;
  }
  return <span className="faint">{setting.default ? fill(T.default, { value: setting.default }) : T.unset}</span>;
}
