import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { ME } from "../../api/session";
import { ASSISTANTS } from "../calls/queries";
import { CREDENTIALS } from "../credentials/queries";
import { API_KEYS, MEMBERS } from "./queries";

/** What people call the subjects of deeds, of those that are still there. */
export function useNames(): ReadonlyMap<string, string> {
  const { data: me } = useSuspenseQuery(ME);
  const members = useQuery(MEMBERS);
  const keys = useQuery(API_KEYS);
  const assistants = useQuery(ASSISTANTS);
  const credentials = useQuery(CREDENTIALS);
  return new Map([
    ...me.projects.map((each) => [`project:${each.id}`, each.name] as const),
    ...(members.data ?? []).map((each) => [`user:${each.id}`, each.name] as const),
    ...(assistants.data ?? []).map((each) => [`assistant:${each.id}`, each.name] as const),
    ...(credentials.data ?? []).map((each) => [`credential:${each.id}`, each.name] as const),
    ...(keys.data ?? []).map((each) => [`api_key:${each.id}`, each.name] as const),
  ]);
}
