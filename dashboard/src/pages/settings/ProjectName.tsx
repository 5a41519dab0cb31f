import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem as ApiProblem } from "../../api/problem";
import { ME } from "../../api/session";
import { type Me, renameProject } from "../../client";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { may } from "../../parts/LockedButton";
import { NeedsRole } from "../../parts/NeedsRole";
import { Problem } from "../../parts/Problem";
import { texts } from "../../texts";
import { PROJECTS } from "./queries";

const T = texts.settings.project;

/** The name of the project that is chosen. */
export function ProjectName({ me }: { me: Me }) {
  const [name, setName] = useState(me.project.name);
  const queries = useQueryClient();
  const able = may(me.role, "admin");
  const renaming = useMutation({
    mutationFn: async () => (await renameProject({ path: { project_id: me.project.id }, body: { name }, throwOnError: true })).data,
    onSuccess: async () => {
      await Promise.all([queries.invalidateQueries({ queryKey: PROJECTS.queryKey }), queries.invalidateQueries({ queryKey: ME.queryKey })]);
    },
  });
  const wrong = renaming.error instanceof ApiProblem ? renaming.error.about("name") : undefined;
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        renaming.mutate();
      }}
    >
      <div className="row">
        <Field label={T.ownName} api="name" required maxLength={100} disabled={!able} value={name} wrong={wrong} onChange={(event) => setName(event.target.value)} />
        <Button look="act" type="submit" disabled={!able || renaming.isPending || name.trim() === me.project.name}>
          {T.rename}
        </Button>
      </div>
      {renaming.error && !wrong && <Problem of={renaming.error} />}
      <NeedsRole me={me} least="admin" />
    </form>
  );
}
