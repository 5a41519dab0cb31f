import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { ME } from "../../api/session";
import { Loading } from "../../parts/Loading";
import { NeedsRole } from "../../parts/NeedsRole";
import { Problem } from "../../parts/Problem";
import { texts } from "../../texts";
import { DialLimits } from "./DialLimits";
import { PageHead } from "./PageHead";
import { RatesForm } from "./RatesForm";
import { LIMITS, RATES } from "./queries";

const T = texts.settings.limits;

/** How much may be dialled, and what calls cost. */
export function Limits() {
  const { data: me } = useSuspenseQuery(ME);
  const limits = useQuery(LIMITS);
  const rates = useQuery(RATES);
  return (
    <>
      <PageHead title={T.title}>{T.about}</PageHead>
      <NeedsRole me={me} least="admin" />
      <section className="settings-section">
        <div className="section-head">
          <h2>{T.dialled}</h2>
          <span className="remark">{T.dialledText}</span>
        </div>
        {limits.isPending && <Loading what={T.loading} />}
        {limits.error && <Problem of={limits.error} retry={() => void limits.refetch()} />}
        {limits.data && <DialLimits me={me} kept={limits.data} />}
      </section>
      <section className="settings-section">
        <div className="section-head">
          <h2>{T.rates}</h2>
          <span className="remark">{T.ratesRemark}</span>
        </div>
        <p className="soft">{T.ratesText}</p>
        {rates.isPending && <Loading what={T.loading} />}
        {rates.error && <Problem of={rates.error} retry={() => void rates.refetch()} />}
        {rates.data && <RatesForm me={me} kept={rates.data} />}
      </section>
    </>
  );
}
