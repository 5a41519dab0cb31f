import { queryOptions, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useState } from "react";
import { type Me, listConversations } from "../client";
import { ASSISTANTS } from "../pages/calls/queries";
import { type Item, assistantItem, callItems, idItem, matching, ownItems, wordsItem } from "./palette-items";

/** So many calls are remembered, and so many found by their words. */
const RECENT = 30;
const FOUND = 5;
/** A pause in typing after which the server is asked. */
const PAUSE_MS = 200;
/** Shown of a group when nothing is typed. */
const AT_FIRST = 5;

const RECENT_CALLS = queryOptions({
  queryKey: ["conversations", "recent"],
  queryFn: async () => (await listConversations({ query: { limit: RECENT }, throwOnError: true })).data.items,
});

function said(text: string) {
  return queryOptions({
    queryKey: ["conversations", "said", text],
    queryFn: async () => (await listConversations({ query: { text, limit: FOUND }, throwOnError: true })).data.items,
    enabled: /\p{L}{2}/u.test(text),
    retry: false,
  });
}

/** What fits what is typed: at once from memory, and behind it the calls in which the server found the words. */
export function usePaletteItems(me: Me, typed: string): readonly Item[] {
  const assistants = useQuery(ASSISTANTS);
  const recent = useQuery(RECENT_CALLS);
  const words = useDeferredValue(useSettled(typed.trim()));
  const found = useQuery(said(words));
  const calls = (recent.data ?? []).flatMap((each) => callItems(each, me));
  const known = matching([...ownItems(me), ...(assistants.data ?? []).map(assistantItem), ...calls], typed);
  if (!typed.trim()) {
    return known.filter((each, at) => known.filter((other, before) => other.group === each.group && before < at).length < AT_FIRST);
  }
  const inWords = words === typed.trim() ? (found.data ?? []).map((each) => wordsItem(each, words)) : [];
  return [...known, ...idItem(typed.trim()).filter((each) => !known.some((other) => "go" in other.act && "go" in each.act && other.act.go === each.act.go)), ...inWords];
}

/** A text once it stays as it is for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
