import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { ME } from "../../api/session";
import { API_KEYS, MEMBERS } from "./queries";

/** What people call the subjects of deeds, as far as this page knows them: members, keys and projects. */
export function useNames(): ReadonlyMap<string, string> {
  const { data: me } = useSuspenseQuery(ME);
  const members = useQuery(MEMBERS);
  const keys = useQuery(API_KEYS);
  return new Map([
    ...me.projects.map((each) => [`project:${each.id}`, each.name] as const),
    ...(members.data ?? []).map((each) => [`user:${each.id}`, each.name] as const),
    ...(keys.data ?? []).map((each) => [`api_key:${each.id}`, each.name] as const),
  ]);
}
