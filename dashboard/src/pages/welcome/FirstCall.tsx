import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { lookOf } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { Problem } from "../../parts/Problem";
import { Handset } from "../../phone/Handset";
import { HeardLines } from "../../phone/HeardLines";
import { SayLine } from "../../phone/SayLine";
import { usePhone, usePhoneView } from "../../phone/usePhone";
import { Bare } from "../../shell/Bare";
import { fill, texts } from "../../texts";
import { FirstCallWords } from "./FirstCallWords";
import { FIRST_KEY } from "./first-key";
import { FIRST_ASSISTANT } from "./first-assistant";
import { NextSteps } from "./NextSteps";
import { Steps } from "./Steps";
import { ToTry } from "./ToTry";
import { useBell } from "./useBell";
import "./welcome.css";
import "./first-call.css";

/** The phone of a new installation rings: it is answered here, and the demo assistant talks. */
export function FirstCall() {
  const navigate = useNavigate();
  const key = useQueryClient().getQueryData<string>(FIRST_KEY);
  const found = useQuery(FIRST_ASSISTANT);
  const phone = usePhone(() => ({ assistant_id: found.data?.id ?? 0 }));
  const view = usePhoneView(phone);
  const later = () => void navigate({ to: "/calls" });
  const begun = view.state === "talking" || view.state === "ended";
  useBell(view.state === "ringing" && found.data !== undefined);
  return (
    <Bare>
      <Steps at="call" />
      <div className="first-call" data-begun={begun ? "" : undefined}>
        <FirstCallWords state={view.state} assistant={found.data} />
        <div className="first-phone">
          {found.isError ? (
            <Problem of={found.error} retry={() => void found.refetch()} />
          ) : (
            <Handset phone={phone} name={found.data?.name ?? ""} detail={found.data && detailOf(found.data)} onLater={later} ready={found.data !== undefined} />
          )}
          {view.state === "ended" && view.conversationId !== null && (
            <Link to="/calls/$id" params={{ id: String(view.conversationId) }} className="button" {...lookOf("act")}>
              {texts.welcome.open}
            </Link>
          )}
        </div>
        {begun ? (
          <div className="first-heard">
            <HeardLines phone={phone} />
            {view.state === "talking" && <SayLine phone={phone} />}
          </div>
        ) : (
          <ToTry />
        )}
      </div>
      {key && (
        <div className="first-key">
          <b>{texts.welcome.apiKey}</b>
          <Copy text={key} />
          <span className="hint">{texts.welcome.apiKeyText}</span>
        </div>
      )}
      <NextSteps skip={!begun} />
    </Bare>
  );
}

function detailOf({ id, body }: { id: number; body: { variables?: Readonly<Record<string, string>> } }): string {
  const business = body.variables?.["business"];
  return fill(business ? texts.welcome.who : texts.welcome.whoAlone, { business: business ?? "", id });
}
