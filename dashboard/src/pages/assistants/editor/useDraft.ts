import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem as ApiProblem } from "../../../api/problem";
import { type AssistantBody, type AssistantDetail, type Me, publishVersion, replaceAssistant } from "../../../client";
import { type Path, differences, laidOver, put } from "../fields/paths";
import { assistantQuery, draftCheckQuery } from "../queries";
import { useSettled } from "../settled";
import { keep, keptDraft } from "./kept";

/** What was read: an assistant's newest version, and the ETag of it. */
export type Saved = AssistantDetail & { etag: string };

const STALE = 412;

/** One assistant's draft: what is typed lies over what was saved last, until it is saved as a version of its own. */
export function useDraft(me: Me, newest: Saved) {
  const queries = useQueryClient();
  const project = me.project.id;
  const [base, setBase] = useState(newest);
  const [body, setBody] = useState(newest.body);
  const [note, setNote] = useState("");
  const [theirs, setTheirs] = useState<Saved | null>(null);
  const [offered, setOffered] = useState(() => keptDraft(project, newest.id));
  const changes = differences(base.body, body);
  const dirty = changes.length > 0;
  // Nothing is typed: what somebody else saved meanwhile is shown at once.
  if (!dirty && newest.version > base.version) {
    setBase(newest);
    setBody(newest.body);
  }
  const set = (now: AssistantBody, from: Saved = base) => {
    setBody(now);
    setOffered(null);
    const same = differences(from.body, now).length === 0;
    keep(project, newest.id, same ? null : { base: from.version, etag: from.etag, body: now, at: new Date().toISOString() });
  };
  const fresh = () => queries.fetchQuery({ ...assistantQuery(newest.id), staleTime: 0 });
  const saving = useMutation({
    mutationFn: async () => (await replaceAssistant({ path: { assistant_id: newest.id }, body: { ...body, note }, headers: { "if-match": base.etag }, throwOnError: true })).data,
    onSuccess: async () => {
      keep(project, newest.id, null);
      const now = await fresh();
      setBase(now);
      setBody(now.body);
      setNote("");
      await queries.invalidateQueries({ queryKey: ["assistants"] });
    },
    onError: async (problem) => {
      if (problem instanceof ApiProblem && problem.status === STALE) {
        setTheirs(await fresh());
      }
    },
  });
  const publishing = useMutation({
    mutationFn: async (version: number) => (await publishVersion({ path: { assistant_id: newest.id, version }, throwOnError: true })).data,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["assistants"] }),
  });
  const settled = useSettled(body);
  const checked = useQuery({ ...draftCheckQuery(newest.id, settled), enabled: dirty && me.role !== "viewer" });
  const refused = [saving.error, checked.error].find((each): each is ApiProblem => each instanceof ApiProblem && each.all.length > 0);
  return {
    base,
    body,
    note,
    setNote,
    set: (path: Path, value: unknown) => set(put(body, path, value)),
    replace: (now: AssistantBody) => set(now),
    changes,
    dirty,
    wrong: dirty ? (refused?.all ?? []) : [],
    hints: dirty ? (checked.data?.hints ?? []) : [],
    saving,
    publishing,
    /** Typed before, in this browser, and not saved. */
    offered: offered && differences(base.body, offered.body).length > 0 ? offered : null,
    take: () => {
      if (offered) {
        const from = offered.base === base.version ? base : { ...base, version: offered.base, etag: offered.etag };
        setBase(from);
        set(offered.body, from);
      }
    },
    drop: () => {
      saving.reset();
      setBase(newest);
      set(newest.body, newest);
    },
    /** Somebody else's version, saved while this one was typed. */
    theirs,
    layOver: () => {
      if (theirs) {
        setBase(theirs);
        set(laidOver(base.body, body, theirs.body), theirs);
        setTheirs(null);
      }
    },
    takeTheirs: () => {
      if (theirs) {
        keep(project, newest.id, { base: base.version, etag: base.etag, body, at: new Date().toISOString() });
        setOffered(keptDraft(project, newest.id));
        setBase(theirs);
        setBody(theirs.body);
        setTheirs(null);
      }
    },
    later: () => setTheirs(null),
  };
}

export type Draft = ReturnType<typeof useDraft>;
