import { useState } from "react";
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
import { useBasedSave } from "./useBasedSave";

const T = texts.settings.retention;
/** What a first choice of days is: a month of calls can be looked back on. */
const USUAL_DAYS = 30;

/** Asks before fewer days than hold, since what is older is gone for good. */
export function RetentionForm({ me, kept }: { me: Me; kept: Read<Form> }) {
  const [days, setDays] = useState(kept.value.days);
  const [asking, setAsking] = useState(false);
  const able = may(me.role, "admin");
  const saving = useBasedSave({
    queryKey: RETENTION.queryKey,
    kept,
    send: (headers) => setRetention({ body: { days }, headers, throwOnError: true }),
    take: (now) => setDays(now.days),
  });
  const { base, stale } = saving;
  const fewer = days !== null && (base.days === null || days < base.days);
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (fewer) {
          setAsking(true);
        } else {
          saving.save();
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
          onChange={(now) => setDays(now === "ever" ? null : (base.days ?? USUAL_DAYS))}
        />
        {days !== null && (
          <div className="w-36">
            <Field label={T.days} api="days" type="number" min={1} max={36_500} step={1} required value={Number.isNaN(days) ? "" : String(days)} onChange={(event) => setDays(event.target.valueAsNumber)} />
          </div>
        )}
      </fieldset>
      {stale && <Stale differences={[{ label: T.title, theirs: inWords(kept.value.days), mine: inWords(days) }]} onMine={saving.overwrite} onTheirs={saving.takeTheirs} />}
      {saving.error && <Problem of={saving.error} />}
      <div className="form-actions">
        <Button look="act" type="submit" disabled={!able || days === base.days || saving.isPending}>
          {T.save}
        </Button>
        <span className="faint">{inWords(base.days)}</span>
      </div>
      <Confirm open={asking} onOpenChange={setAsking} title={count(T.fewerTitle, days ?? 0)} text={T.fewerText} verb={T.fewerDo} act={async () => saving.save()} />
    </form>
  );
}

function inWords(days: number | null): string {
  return days === null ? T.nowEver : count(T.now, days);
}
