import { queryOptions } from "@tanstack/react-query";
import { Problem } from "../../api/problem";
import { checkPhoneDeployment, listConversations, listPhoneNumbers, readAssistant, readPhoneDeployment } from "../../client";

/** An account has few numbers; what stands behind these is on the page of numbers. */
export const MOST_NUMBERS = 100;
const CHECK_FRESH_MS = 60_000;

export function assistantQuery(id: number) {
  return queryOptions({
    queryKey: ["assistants", id],
    queryFn: async () => (await readAssistant({ path: { assistant_id: id }, throwOnError: true })).data,
  });
}

/** null = the assistant is not on the phone. */
export function deploymentQuery(id: number) {
  return queryOptions({
    queryKey: ["assistants", id, "phone"],
    queryFn: async () => {
      try {
        return (await readPhoneDeployment({ path: { assistant_id: id }, throwOnError: true })).data;
      } catch (problem) {
        if (problem instanceof Problem && problem.status === 404) {
          return null;
        }
        throw problem;
      }
    },
  });
}

/** Asks the carrier, our host and the vault: it takes a second or two, and is kept for a minute. */
export function checkQuery(id: number, wanted: boolean) {
  return queryOptions({
    queryKey: ["assistants", id, "phone", "check"],
    queryFn: async () => (await checkPhoneDeployment({ path: { assistant_id: id }, throwOnError: true })).data,
    enabled: wanted,
    staleTime: CHECK_FRESH_MS,
    retry: false,
  });
}

export function numbersQuery(credentialId: number | undefined) {
  return queryOptions({
    queryKey: ["phone-numbers", credentialId],
    queryFn: async () => (await listPhoneNumbers({ query: { credential_id: credentialId ?? 0, limit: MOST_NUMBERS }, throwOnError: true })).data.items,
    enabled: credentialId !== undefined,
    retry: false,
  });
}

/** The assistant's last call on the phone, as the list of calls tells it. */
export function lastCallQuery(id: number) {
  return queryOptions({
    queryKey: ["conversations", "last-of", id],
    queryFn: async () => (await listConversations({ query: { assistant_id: id, channel: "phone", limit: 1 }, throwOnError: true })).data.items[0] ?? null,
  });
}
