import { queryOptions } from "@tanstack/react-query";
import { listCredentials, listProviders } from "../../client";

const MOST = 100;

export const CREDENTIALS = queryOptions({
  queryKey: ["credentials"],
  queryFn: async () => (await listCredentials({ query: { limit: MOST }, throwOnError: true })).data.items,
});

export const PROVIDERS = queryOptions({
  queryKey: ["providers"],
  queryFn: async () => (await listProviders({ throwOnError: true })).data.items,
  staleTime: Number.POSITIVE_INFINITY,
});
