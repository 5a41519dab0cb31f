import { useQuery } from "@tanstack/react-query";
import type { CredentialView } from "../../client";
import { CREDENTIALS, PROVIDERS } from "../credentials/queries";

/** The credentials that are accounts of carriers; the demo's is known to none. undefined = not known yet. */
export function useCarriers(): { accounts: readonly CredentialView[] | undefined; error: Error | null } {
  const credentials = useQuery(CREDENTIALS);
  const providers = useQuery(PROVIDERS);
  const carriers = new Set(providers.data?.filter((each) => each.family === "telephony").map((each) => each.name));
  const accounts = credentials.data && providers.data ? credentials.data.filter((each) => carriers.has(each.provider) && !each.demo) : undefined;
  return { accounts, error: credentials.error ?? providers.error };
}
