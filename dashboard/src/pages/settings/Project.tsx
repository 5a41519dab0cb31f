import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ME, chooseProject } from "../../api/session";
import { createProject } from "../../client";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { Loading } from "../../parts/Loading";
import { LockedButton } from "../../parts/LockedButton";
import { Problem } from "../../parts/Problem";
import { SideSheet } from "../../parts/SideSheet";
import { fill, texts } from "../../texts";
import { day, exact } from "../../words/times";
import { PageHead } from "./PageHead";
import { ProjectName } from "./ProjectName";
import { PROJECTS } from "./queries";

const T = texts.settings.project;

/** What the project is called, and the others of the organization. */
export function Project() {
  const { data: me } = useSuspenseQuery(ME);
  const found = useQuery(PROJECTS);
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  return (
    <>
      <PageHead
        title={T.title}
        actions={
          <LockedButton role={me.role} needs="admin" icon="plus" onClick={() => setAdding(true)}>
            {T.add}
          </LockedButton>
        }
      >
        {T.about}
      </PageHead>
      <ProjectName key={me.project.name} me={me} />
      <section className="settings-section">
        <div className="section-head">
          <h2>{fill(T.all, { organization: me.organization.name })}</h2>
        </div>
        {found.isPending && <Loading what={T.loading} />}
        {found.error && <Problem of={found.error} retry={() => void found.refetch()} />}
        {found.data && (
          <table className="table open-table">
            <thead>
              <tr>
                <th scope="col">{T.name}</th>
                <th scope="col" className="desk-only">
                  {T.id}
                </th>
                <th scope="col" className="desk-only">
                  {T.since}
                </th>
                <th scope="col">
                  <span className="unseen">{T.choose}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {found.data.map((each) => (
                <tr key={each.id}>
                  <td>
                    <b>{each.name}</b>
                  </td>
                  <td className="desk-only">
                    <code>{each.id}</code>
                  </td>
                  <td className="desk-only soft" title={exact(new Date(each.created_at))}>
                    {day(new Date(each.created_at))}
                  </td>
                  <td className="number">
                    {each.id === me.project.id ? (
                      <span className="faint">{T.here}</span>
                    ) : (
                      <Button small onClick={() => void chooseProject(each.id, queries)} aria-label={fill(T.chooseOne, { name: each.name })}>
                        {T.choose}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <SideSheet open={adding} title={T.add} onClose={() => setAdding(false)}>
        <NewProject onDone={() => setAdding(false)} />
      </SideSheet>
    </>
  );
}

function NewProject({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const queries = useQueryClient();
  const adding = useMutation({
    mutationFn: async () => (await createProject({ body: { name }, throwOnError: true })).data,
    onSuccess: async () => {
      await Promise.all([queries.invalidateQueries({ queryKey: PROJECTS.queryKey }), queries.invalidateQueries({ queryKey: ME.queryKey })]);
      onDone();
    },
  });
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        adding.mutate();
      }}
    >
      <Field label={T.name} required maxLength={100} value={name} hint={T.addText} onChange={(event) => setName(event.target.value)} />
      {adding.error && <Problem of={adding.error} />}
      <div className="form-foot">
        <Button look="act" type="submit" disabled={adding.isPending}>
          {T.add}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {texts.cancel}
        </Button>
      </div>
    </form>
  );
}
