import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { listConversations } from "../../client";
import { lookOf } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { Icon } from "../../parts/Icon";
import { State } from "../../parts/State";
import { Bare } from "../../shell/Bare";
import { texts } from "../../texts";
import { FIRST_KEY } from "./first-key";
import { Steps } from "./Steps";
import "./welcome.css";

const LOOK_AGAIN_MS = 1500;
const PARTS = ["ear", "mind", "voice"] as const;

/** The demo, rung from a terminal; the page notices the call. */
export function FirstCall() {
  const key = useQueryClient().getQueryData<string>(FIRST_KEY);
  const newest = useQuery({
    queryKey: ["conversations", "newest"],
    queryFn: async () => (await listConversations({ query: { limit: 1 }, throwOnError: true })).data.items[0] ?? null,
    refetchInterval: (query) => (query.state.data?.status === "ended" ? false : LOOK_AGAIN_MS),
  });
  const call = newest.data;
  return (
    <Bare>
      <Steps at="call" />
      <section className="first">
        <div>
          <h1>{texts.welcome.ring}</h1>
          <p className="lead">{texts.welcome.ringText}</p>
          <dl className="runs">
            {PARTS.map((each) => (
              <div key={each} className="contents">
                <dt>
                  <Icon name={each} />
                  {texts.welcome.ringRows[each]}
                </dt>
                <dd>{texts.welcome.ringRows[`${each}Text`]}</dd>
              </div>
            ))}
          </dl>
        </div>
        <div className="form-sheet">
          <div className="field">
            <span className="field-label">{texts.welcome.ringDemo}</span>
            <Copy text='rapida phone --say "what are your opening hours"' />
          </div>
          <div className="field">
            <span className="field-label">{texts.welcome.ringTalk}</span>
            <Copy text="rapida phone --talk" />
          </div>
          <p role="status">{call ? <State kind="good">{texts.welcome.came}</State> : <State kind="progress">{texts.welcome.waiting}</State>}</p>
          {key && (
            <div className="field">
              <span className="field-label">{texts.welcome.apiKey}</span>
              <Copy text={key} />
              <p className="hint">{texts.welcome.apiKeyText}</p>
            </div>
          )}
          <div className="form-foot">
            {call && (
              <Link to="/calls/$id" params={{ id: String(call.id) }} className="button" {...lookOf("act")}>
                {texts.welcome.open}
              </Link>
            )}
            <Link to="/calls" className="button" {...lookOf(call ? "quiet" : "plain")}>
              {texts.welcome.later}
            </Link>
          </div>
        </div>
      </section>
    </Bare>
  );
}
