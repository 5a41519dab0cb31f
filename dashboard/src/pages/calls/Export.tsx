import { useState } from "react";
import { reachableByLink } from "../../api/session";
import { type Me, exportConversationsAsCsv } from "../../client";
import { Button, lookOf } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { Problem } from "../../parts/Problem";
import { texts } from "../../texts";
import { type Filters, asQuery } from "./filters";

/** All calls of this view as a file for a spreadsheet. The first project's is a link, which the browser saves as it comes; links name no project, so another's is taken whole first. */
export function Export({ filters, me }: { filters: Filters; me: Me }) {
  const [problem, setProblem] = useState<Error | null>(null);
  if (reachableByLink(me)) {
    const query = new URLSearchParams(Object.entries(asQuery(filters)).flatMap(([name, value]) => (value === undefined || value === null ? [] : [[name, String(value)]])));
    return (
      <a className="button" {...lookOf("plain")} href={`/v1/conversations.csv?${query}`} download="calls.csv">
        <Icon name="file" />
        {texts.calls.export}
      </a>
    );
  }
  const save = async () => {
    try {
      const { data } = await exportConversationsAsCsv({ query: asQuery(filters), parseAs: "text", throwOnError: true });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([data], { type: "text/csv" }));
      link.download = "calls.csv";
      link.click();
      URL.revokeObjectURL(link.href);
      setProblem(null);
    } catch (wrong) {
      setProblem(wrong as Error);
    }
  };
  return (
    <>
      <Button icon="file" onClick={() => void save()}>
        {texts.calls.export}
      </Button>
      {problem && <Problem of={problem} />}
    </>
  );
}
