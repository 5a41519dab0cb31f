import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
import { type Me, type RetentionForm as Form, setRetention } from "../../client";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { Field } from "../../parts/Field";
import { may } from "../../parts/LockedButton";
import { Problem } from "../../parts/Problem";
import { Segments } from "../../parts/Segments";
import { count, texts } from "../../texts";
import { Stale } from "./Stale";
import { RETENTION, type Read } from "./queries";

const T = texts.settings.retention;
/** What a first choice of days is: a month of calls can be looked back on. */
const USUAL_DAYS = 30;

/** Asks before fewer days than hold, since what is older is gone for good. */
export function RetentionForm({ me, kept }: { me: Me; kept: Read<Form> }) {
  const [base, setBase] = useState(kept);
  const [days, setDays] = useState(kept.value.days);
  const [asking, setAsking] = useState(false);
  const queries = useQueryClient();
  const able = may(me.role, "admin");
  const take = (now: Read<Form>) => {
    setBase(now);
    setDays(now.value.days);
    saving.reset();
  };
  const saving = useMutation({
    mutationFn: async (etag: string | undefined) => setRetention({ body: { days }, headers: etag === undefined ? {} : { "if-match": etag }, throwOnError: true }),
    onSuccess: ({ data, response }) => {
      const now = { value: data, etag: response.headers.get("etag") ?? undefined };
      queries.setQueryData(RETENTION.queryKey, now);
      take(now);
    },
    onError: async (problem) => problem instanceof ApiProblem && problem.status === 412 && (await queries.fetchQuery({ ...RETENTION, staleTime: 0 })),
  });
  const stale = saving.error instanceof ApiProblem && saving.error.status === 412 && kept.etag !== base.etag;
  const fewer = days !== null && (base.value.days === null || days < base.value.days);
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (fewer) {
          setAsking(true);
        } else {
          saving.mutate(base.etag);
        }
      }}
    >
      <fieldset className="plain" disabled={!able}>
        <Segments
          label={T.title}
          value={days === null ? "ever" : "days"}
          choices={[
            { value: "ever", label: T.ever },
            { value: "days", label: T.some },
          ]}
          onChange={(now) => setDays(now === "ever" ? null : (base.value.days ?? USUAL_DAYS))}
        />
        {days !== null && (
          <div className="w-36">
            <Field label={T.days} api="days" type="number" min={1} max={36_500} step={1} required value={Number.isNaN(days) ? "" : String(days)} onChange={(event) => setDays(event.target.valueAsNumber)} />
          </div>
        )}
      </fieldset>
      {stale && <Stale differences={[{ label: T.title, theirs: inWords(kept.value.days), mine: inWords(days) }]} onMine={() => saving.mutate(kept.etag)} onTheirs={() => take(kept)} />}
      {saving.error && !stale && <Problem of={saving.error} />}
      <div className="form-actions">
        <Button look="act" type="submit" disabled={!able || days === base.value.days || saving.isPending}>
          {T.save}
        </Button>
        <span className="faint">{inWords(base.value.days)}</span>
      </div>
      <Confirm open={asking} onOpenChange={setAsking} title={count(T.fewerTitle, days ?? 0)} text={T.fewerText} verb={T.fewerDo} act={async () => saving.mutate(base.etag)} />
    </form>
  );
}

function inWords(days: number | null): string {
  return days === null ? T.nowEver : count(T.now, days);
}
