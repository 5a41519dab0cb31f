import { queryOptions } from "@tanstack/react-query";
import { readServer } from "../client";

/** How often a page that is looked at asks how full the server is. */
const EVERY_MS = 5000;

/** The server that answers: its version, how full it is, whether it drains. */
export const SERVER = queryOptions({
  queryKey: ["server"],
  queryFn: async () => (await readServer({ throwOnError: true })).data,
  refetchInterval: EVERY_MS,
  retry: false,
});
