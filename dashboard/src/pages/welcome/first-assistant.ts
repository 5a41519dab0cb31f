import { type AssistantDetail, listAssistants, readAssistant } from "../../client";
import { Problem } from "../../api/problem";
import { texts } from "../../texts";

const MOST = 100;

/** Who answers the first call: the oldest assistant that answers at all, which a new installation brings. */
export const FIRST_ASSISTANT = {
  queryKey: ["assistants", "first"],
  queryFn: async (): Promise<AssistantDetail> => {
    const listed = (await listAssistants({ query: { limit: MOST }, throwOnError: true })).data.items;
    const first = listed.findLast((each) => each.published_version !== null);
    if (!first) {
      throw new Problem(0, "", texts.welcome.nobody);
    }
    return (await readAssistant({ path: { assistant_id: first.id }, throwOnError: true })).data;
  },
};
