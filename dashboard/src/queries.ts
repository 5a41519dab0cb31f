import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { Problem } from "./api/problem";
import { ME, isSignedOut } from "./api/session";
import { signedOut } from "./shell/signed-out";

const FRESH_MS = 5000;
const TRIES = 2;

/** What the server said, kept for a moment. Only what may pass by itself is tried again. */
export function newQueries(): QueryClient {
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError: (error, query) => notice(error, query.queryKey[0] === "me") }),
    mutationCache: new MutationCache({ onError: (error, _, __, mutation) => notice(error, mutation.meta?.["signsIn"] === true) }),
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        retry: (failed, error) => failed < TRIES && error instanceof Problem && (error.status === 0 || error.status >= 500),
      },
    },
  });
  const notice = (error: Error, signsIn: boolean) => {
    if (isSignedOut(error) && !signsIn && queries.getQueryData(ME.queryKey) !== undefined) {
      signedOut.set(true);
    }
  };
  return queries;
}
