import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { createBulkPhoneCall } from "../../../client";
import { Area } from "../../../parts/Area";
import { Button, lookOf } from "../../../parts/Button";
import { Problem } from "../../../parts/Problem";
import { count, fill, texts } from "../../../texts";
import { AssistantChoice, useCallers } from "./AssistantChoice";
import { DryRows } from "./DryRows";
import { readCsv } from "./csv";

const T = texts.placeCall;
/** The most that the API takes at once. */
const MOST = 1000;
const EXAMPLE = "to_number,name\n+14155550132,Ada";

/** Many calls from a CSV file: first a dry run that says row by row what would be refused, then the calls. */
export function ManyCalls({ onClose }: { onClose: () => void }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const [text, setText] = useState("");
  const callers = useCallers(chosen);
  const queries = useQueryClient();
  const read = useMemo(() => readCsv(text, callers.id ?? 0), [text, callers.id]);
  // One key for what is shown: sent again after an answer that was lost, it dials nobody twice.
  const key = useMemo(() => (text ? crypto.randomUUID() : ""), [text]);
  const trying = useMutation({
    mutationFn: async () => ({ of: read, ...(await createBulkPhoneCall({ body: { phone_calls: read.rows.map((each) => each.form), dry_run: true }, throwOnError: true })).data }),
  });
  const tried = trying.data?.of === read ? trying.data : undefined;
  const good = tried ? read.rows.filter((_, at) => tried.items[at]?.accepted) : [];
  const calling = useMutation({
    mutationFn: async () => (await createBulkPhoneCall({ body: { phone_calls: good.map((each) => each.form) }, headers: { "Idempotency-Key": key }, throwOnError: true })).data,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["conversations"] }),
  });
  const open = async (file: File | undefined) => {
    if (file) {
      setText(await file.text());
    }
  };
  const fits = read.hasNumbers && read.rows.length > 0 && read.rows.length <= MOST;
  return (
    <div className="grid gap-4">
      <AssistantChoice callers={callers} onChoose={setChosen} />
      <label className="file-choice button" {...lookOf("plain")}>
        {T.file}
        <input type="file" accept=".csv,text/csv" onChange={(event) => void open(event.target.files?.[0])} />
      </label>
      <Area label={T.rows} className="mono" rows={6} spellCheck={false} placeholder={EXAMPLE} value={text} hint={T.rowsHint} wrong={text && !fits ? problemOf(read.hasNumbers, read.rows.length) : undefined} onChange={(event) => setText(event.target.value)} />
      {fits && <p className="hint">{summaryOf(read.rows.length, read.variables)}</p>}
      {trying.error && <Problem of={trying.error} />}
      {tried && <DryRows rows={read.rows} items={tried.items} />}
      {calling.error && <Problem of={calling.error} />}
      {calling.data && (
        <p role="status">
          {count(T.placed, calling.data.accepted)} {calling.data.refused > 0 && count(T.refused, calling.data.refused)}{" "}
          <Link to="/calls" search={{ direction: "outbound" }} onClick={onClose}>
            {T.see}
          </Link>
        </p>
      )}
      <div className="form-foot">
        {tried && !calling.data ? (
          <Button look="act" icon="phone" disabled={calling.isPending || good.length === 0} onClick={() => calling.mutate()}>
            {count(T.callThem, good.length)}
          </Button>
        ) : (
          <Button look="act" disabled={!fits || trying.isPending || callers.id === null || calling.data !== undefined} onClick={() => trying.mutate()}>
            {T.dryRun}
          </Button>
        )}
        <Button look="quiet" onClick={onClose}>
          {calling.data ? texts.close : texts.cancel}
        </Button>
      </div>
    </div>
  );
}

function problemOf(hasNumbers: boolean, rows: number): string {
  return !hasNumbers ? T.noColumn : rows === 0 ? T.noRows : fill(T.tooMany, { n: rows, most: MOST });
}

function summaryOf(rows: number, variables: readonly string[]): string {
  const told = variables.length > 0 ? ` ${fill(T.variables, { names: variables.join(", ") })}` : "";
  return `${count(T.found, rows)}${told}`;
}
