import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type AvailableNumberView, listAvailablePhoneNumbers, listPhoneNumbers } from "../../client";

const PAGE = 100;
const OFFERED = 20;

/** What is looked for among numbers that can be bought. */
export interface Wanted {
  credential_id: number;
  country: string;
  type: AvailableNumberView["type"];
  contains: string;
}

export function accountNumbersQuery(credentialId: number) {
  return infiniteQueryOptions({
    queryKey: ["phone-numbers", credentialId, "all"],
    queryFn: async ({ pageParam }) => (await listPhoneNumbers({ query: { credential_id: credentialId, limit: PAGE, cursor: pageParam }, throwOnError: true })).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    retry: false,
  });
}

export function offersQuery(wanted: Wanted | null) {
  return queryOptions({
    queryKey: ["available-phone-numbers", wanted],
    queryFn: async () => (wanted === null ? [] : (await listAvailablePhoneNumbers({ query: { ...wanted, limit: OFFERED }, throwOnError: true })).data.items),
    enabled: wanted !== null,
    retry: false,
  });
}
