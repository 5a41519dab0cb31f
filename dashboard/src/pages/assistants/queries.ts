import { queryOptions } from "@tanstack/react-query";
import {
  type AssistantDraft,
  type AssistantFromTemplate,
  type ListedAssistant,
  checkAssistant,
  checkVersion,
  compareVersions,
  listAssistants,
  listTemplates,
  listVersions,
  readAssistant,
  readVersion,
} from "../../client";

/** A hundred is the most that the API gives at once. */
const PAGE = 100;

/** Every assistant of the project, newest first. */
export const ASSISTANTS = queryOptions({ queryKey: ["assistants", "all"], queryFn: () => from(undefined) });

async function from(cursor: string | undefined): Promise<ListedAssistant[]> {
  const page = (await listAssistants({ query: { limit: PAGE, cursor }, throwOnError: true })).data;
  return page.next_cursor ? [...page.items, ...(await from(page.next_cursor))] : page.items;
}

/** What an assistant can begin with, and what the project lacks for it in a language. */
export function templatesQuery(language: string) {
  return queryOptions({
    queryKey: ["templates", language],
    queryFn: async () => (await listTemplates({ query: { language }, throwOnError: true })).data.items,
    staleTime: 30_000,
  });
}

/** What adding an assistant would save. Nothing is kept. */
export function checkedQuery(body: AssistantDraft | AssistantFromTemplate) {
  return queryOptions({
    queryKey: ["checks", body],
    queryFn: async () => (await checkAssistant({ body, throwOnError: true })).data,
    retry: false,
    staleTime: 30_000,
    placeholderData: (before) => before,
  });
}

/** An assistant with its newest version's body, and the ETag that goes along with a save. */
export function assistantQuery(id: number) {
  return queryOptions({
    queryKey: ["assistants", id, "newest"],
    queryFn: async () => {
      const { data, response } = await readAssistant({ path: { assistant_id: id }, throwOnError: true });
      return { ...data, etag: response.headers.get("etag") ?? "" };
    },
  });
}

/** A version never changes. */
export function versionQuery(id: number, version: number | null) {
  return queryOptions({
    queryKey: ["assistants", id, "version", version],
    queryFn: async () => (await readVersion({ path: { assistant_id: id, version: version ?? 0 }, throwOnError: true })).data,
    enabled: version !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function versionsQuery(id: number) {
  return queryOptions({
    queryKey: ["assistants", id, "versions"],
    queryFn: async () => (await listVersions({ path: { assistant_id: id }, throwOnError: true })).data.items,
  });
}

export function diffQuery(id: number, version: number, against: number) {
  return queryOptions({
    queryKey: ["assistants", id, "diff", version, against],
    queryFn: async () => (await compareVersions({ path: { assistant_id: id, version }, query: { against }, throwOnError: true })).data,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What saving a draft would say: what is wrong throws, what is worth a look comes as hints. */
export function draftCheckQuery(id: number, body: AssistantDraft) {
  return queryOptions({
    queryKey: ["checks", id, body],
    queryFn: async () => (await checkVersion({ path: { assistant_id: id }, body, throwOnError: true })).data,
    retry: false,
    staleTime: 30_000,
  });
}
