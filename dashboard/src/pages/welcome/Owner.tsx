import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { setupNeeded } from "../../client";
import { lookOf } from "../../parts/Button";
import { Rich } from "../../parts/Rich";
import { Bare } from "../../shell/Bare";
import { texts } from "../../texts";
import { OwnerForm } from "./OwnerForm";
import { FIRST_KEY } from "./first-key";
import { Steps } from "./Steps";
import "./welcome.css";

const SERVE = "rapida serve";
const CODE = "…";

/** The first page of an installation that nobody owns yet. */
export function Owner() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const needed = useQuery({ queryKey: ["setup"], queryFn: async () => (await setupNeeded({ throwOnError: true })).data.needed });
  const code = decodeURIComponent(window.location.hash.slice(1));
  return (
    <Bare>
      <Steps at="owner" />
      <section className="first">
        <div>
          <h1>{needed.data === false ? texts.welcome.owned : texts.welcome.title}</h1>
          <p className="lead">{needed.data === false ? texts.welcome.ownedText : texts.welcome.why}</p>
          {needed.data === false ? (
            <Link to="/sign-in" className="button" {...lookOf("act")}>
              {texts.signIn.do}
            </Link>
          ) : (
            <>
              <div className="terminal">
                <span>$</span> {SERVE}
                <br />
                {texts.welcome.terminal}
                <br />
                <b>
                  {window.location.origin}/welcome#{code || CODE}
                </b>
                <br />
                <span>{texts.welcome.orType}</span>
              </div>
              <p className="hint">
                <Rich text={texts.welcome.alsoIn} with={{ file: <code>rapida-data/setup-code</code>, setting: <code>RAPIDA_SETUP_CODE</code> }} />
              </p>
            </>
          )}
        </div>
        {needed.data !== false && (
          <OwnerForm
            code={code}
            onCreated={(welcome) => {
              // Kept in memory alone, for the next page, which shows it this once.
              queries.setQueryData(FIRST_KEY, welcome.api_key.key);
              void navigate({ to: "/welcome/call", replace: true });
            }}
          />
        )}
      </section>
    </Bare>
  );
}
