import type { QueryClient } from "@tanstack/react-query";
import { signedOff } from "../api/session";
import { logout } from "../client";

/** Ends the session; nothing of what was read stays. */
export async function leave(queries: QueryClient): Promise<void> {
  await logout({ throwOnError: true });
  signedOff();
  queries.clear();
}
