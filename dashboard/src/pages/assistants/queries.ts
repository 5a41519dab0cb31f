import { queryOptions } from "@tanstack/react-query";
import { type AssistantDraft, type AssistantFromTemplate, type ListedAssistant, checkAssistant, listAssistants, listTemplates } from "../../client";

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
    queryKey: ["assistants", "checked", body],
    queryFn: async () => (await checkAssistant({ body, throwOnError: true })).data,
    retry: false,
    staleTime: 30_000,
    placeholderData: (before) => before,
  });
}
