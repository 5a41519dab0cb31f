import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem } from "../../api/problem";
import type { Read } from "./queries";

interface Saves<T> {
  queryKey: QueryKey;
  /** What holds, as it was read last. */
  kept: Read<T>;
  /** Sends what was typed, over what has this ETag alone. */
  send: (headers: { "if-match"?: string }) => Promise<{ data: T; response: Response }>;
  /** Puts what holds into the form. */
  take: (value: T) => void;
}

/** Saves over what was read, and over nothing newer: a refusal brings what holds now, and keeps what was typed. */
export function useBasedSave<T>({ queryKey, kept, send, take }: Saves<T>) {
  const [base, setBase] = useState(kept);
  const queries = useQueryClient();
  const saving = useMutation({
    mutationFn: (etag: string | undefined) => send(etag === undefined ? {} : { "if-match": etag }),
    onSuccess: ({ data, response }) => {
      const now: Read<T> = { value: data, etag: response.headers.get("etag") ?? undefined };
      queries.setQueryData(queryKey, now);
      accept(now);
    },
    onError: async (problem) => isStale(problem) && (await queries.refetchQueries({ queryKey })),
  });
  const accept = (now: Read<T>) => {
    setBase(now);
    take(now.value);
    saving.reset();
  };
  const stale = isStale(saving.error) && kept.etag !== base.etag;
  return {
    base: base.value,
    save: () => saving.mutate(base.etag),
    overwrite: () => saving.mutate(kept.etag),
    takeTheirs: () => accept(kept),
    stale,
    error: stale ? null : saving.error,
    isPending: saving.isPending,
  };
}

function isStale(problem: unknown): boolean {
  return problem instanceof Problem && problem.status === 412;
}
