import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type ListAuditData, listApiKeys, listAudit, listMembers, listProjects, listPublishableTokens, listServers, listSettings, outboundLimits, readRates, readRetention, readVault } from "../../client";

/** Rows asked for at once; a hundred is the most that the API gives. */
const PAGE = 100;

/** What was read, and the ETag by which a change says what it is based on. */
export interface Read<T> {
  value: T;
  etag: string | undefined;
}

function read<T>({ data, response }: { data: T; response: Response }): Read<T> {
  return { value: data, etag: response.headers.get("etag") ?? undefined };
}

/** All pages of a list that is short in any installation. */
async function everything<T>(page: (query: { limit: number; cursor?: string }) => Promise<{ data: { items: T[]; next_cursor?: string | null } }>): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    // Each page is asked for by what the one before it said.
    // oxlint-disable-next-line no-await-in-loop
    const { data } = await page({ limit: PAGE, cursor });
    found.push(...data.items);
    cursor = data.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

export const MEMBERS = queryOptions({
  queryKey: ["members"],
  queryFn: () => everything((query) => listMembers({ query, throwOnError: true })),
});
export const PROJECTS = queryOptions({
  queryKey: ["projects"],
  queryFn: () => everything((query) => listProjects({ query, throwOnError: true })),
});
export const API_KEYS = queryOptions({
  queryKey: ["api-keys"],
  queryFn: () => everything((query) => listApiKeys({ query, throwOnError: true })),
});
export const WEB_TOKENS = queryOptions({
  queryKey: ["publishable-tokens"],
  queryFn: async () => (await listPublishableTokens({ throwOnError: true })).data.items,
});
export const LIMITS = queryOptions({
  queryKey: ["outbound-limits"],
  queryFn: async () => read(await outboundLimits({ throwOnError: true })),
});
export const RATES = queryOptions({
  queryKey: ["rates"],
  queryFn: async () => read(await readRates({ throwOnError: true })),
});
export const RETENTION = queryOptions({
  queryKey: ["retention"],
  queryFn: async () => read(await readRetention({ throwOnError: true })),
});
export const VAULT = queryOptions({
  queryKey: ["vault"],
  queryFn: async () => (await readVault({ throwOnError: true })).data,
});
export const SERVERS = queryOptions({
  queryKey: ["servers"],
  queryFn: async () => (await listServers({ throwOnError: true })).data.items,
});
export const SETTINGS = queryOptions({
  queryKey: ["settings"],
  queryFn: async () => (await listSettings({ throwOnError: true })).data.items,
});

export function auditQuery(filters: NonNullable<ListAuditData["query"]>, limit = PAGE) {
  return infiniteQueryOptions({
    queryKey: ["audit", filters, limit],
    queryFn: async ({ pageParam }) => (await listAudit({ query: { ...filters, limit, cursor: pageParam }, throwOnError: true })).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}
