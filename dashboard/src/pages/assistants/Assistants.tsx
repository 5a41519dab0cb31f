import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { ME } from "../../api/session";
import { Button } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { LockedButton } from "../../parts/LockedButton";
import { Problem } from "../../parts/Problem";
import { count, texts } from "../../texts";
import { AssistantTable } from "./AssistantTable";
import { NewAssistant } from "./create/NewAssistant";
import { ASSISTANTS } from "./queries";
import "./assistants.css";

const T = texts.assistants;

/** Which assistants there are, who answers where, and how well. */
export function Assistants() {
  const { data: me } = useSuspenseQuery(ME);
  const found = useQuery(ASSISTANTS);
  const { sheet } = useSearch({ from: "/inside/assistants" });
  const navigate = useNavigate({ from: "/assistants" });
  const show = (now?: "new") => void navigate({ search: now ? { sheet: now } : {} });
  const create = (
    <LockedButton role={me.role} needs="editor" look="act" icon="plus" onClick={() => show("new")}>
      {T.create}
    </LockedButton>
  );
  return (
    <>
      <div className="page-head">
        <h1>{T.title}</h1>
        {found.data && found.data.length > 0 && <p className="soft">{count(T.summary, found.data.length, { phone: found.data.filter((each) => each.on_phone?.enabled).length })}</p>}
        {found.data?.length !== 0 && <div className="actions">{create}</div>}
      </div>
      {found.isPending && <Loading what={T.loading} />}
      {found.error && (
        <div className="p-6">
          <Problem of={found.error} retry={() => void found.refetch()} />
        </div>
      )}
      {found.data?.length === 0 && (
        <section className="empty">
          <div className="silence" aria-hidden="true" />
          <h2>{T.empty}</h2>
          <p>{T.emptyText}</p>
          <div className="actions">{create}</div>
        </section>
      )}
      {found.data && found.data.length > 0 && <AssistantTable assistants={found.data} />}
      <Dialog.Root open={sheet === "new" && me.role !== "viewer"} onOpenChange={(open) => !open && show()}>
        <Dialog.Portal>
          <Dialog.Overlay className="veil" />
          <Dialog.Content className="side-sheet" aria-describedby={undefined}>
            <div className="flex items-center justify-between">
              <Dialog.Title asChild>
                <h2>{T.create}</h2>
              </Dialog.Title>
              <Dialog.Close asChild>
                <Button look="quiet" small icon="close" aria-label={texts.close} />
              </Dialog.Close>
            </div>
            <NewAssistant onDone={() => show()} />
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    </>
  );
}
