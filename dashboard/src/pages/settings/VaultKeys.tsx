import { useInfiniteQuery, useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ME } from "../../api/session";
import { type KeyState, type VaultView, rotateVault } from "../../client";
import { Loading } from "../../parts/Loading";
import { LockedButton } from "../../parts/LockedButton";
import { Problem } from "../../parts/Problem";
import { Rich } from "../../parts/Rich";
import { count, fill, texts } from "../../texts";
import { AuditTable } from "./AuditTable";
import { MoveSteps } from "./MoveSteps";
import { PageHead } from "./PageHead";
import { WithRole } from "./WithRole";
import { VAULT, auditQuery } from "./queries";

const T = texts.settings.keys;
/** Drawn as blocks as long as they can be counted at a glance. */
const MOST_BLOCKS = 20;
const LAST = 5;

/** Which keys seal the secrets, and how far the move to a new one has come. */
export function VaultKeys() {
  return (
    <WithRole needs="admin" title={T.title}>
      <Keys />
    </WithRole>
  );
}

function Keys() {
  const found = useQuery(VAULT);
  const deeds = useInfiniteQuery(auditQuery({ action: "credential" }, LAST));
  const last = deeds.data?.pages[0]?.items;
  return (
    <>
      <PageHead title={T.title}>
        <Rich text={T.about} with={{ setting: <code>RAPIDA_MASTER_KEY</code> }} />
      </PageHead>
      {found.isPending && <Loading what={T.loading} />}
      {found.error && <Problem of={found.error} retry={() => void found.refetch()} />}
      {found.data && (
        <>
          <MoveSteps vault={found.data} />
          <KeyTable vault={found.data} />
        </>
      )}
      <section className="settings-section">
        <div className="section-head">
          <h2>{T.audit}</h2>
          <Link className="remark" to="/settings/audit" search={{ action: "credential" }}>
            {T.wholeAudit}
          </Link>
        </div>
        {last?.length === 0 && <p className="soft">{T.noDeeds}</p>}
        {last && last.length > 0 && <AuditTable deeds={last} brief />}
      </section>
    </>
  );
}

function KeyTable({ vault }: { vault: VaultView }) {
  const { data: me } = useSuspenseQuery(ME);
  const queries = useQueryClient();
  const { move } = vault;
  const old = vault.keys.filter((each) => each.id !== move.key_id).reduce((sum, each) => sum + each.secrets, 0);
  const rotating = useMutation({
    mutationFn: async () => (await rotateVault({ throwOnError: true })).data,
    onSuccess: () => queries.invalidateQueries({ queryKey: VAULT.queryKey }),
  });
  return (
    <section className="settings-section">
      <table className="table open-table">
        <thead>
          <tr>
            <th scope="col">{T.key}</th>
            <th scope="col">{T.seals}</th>
            <th scope="col" className="desk-only">
              {T.loadedBy}
            </th>
            <th scope="col">
              <span className="unseen">{T.do}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {vault.keys.map((each) => (
            <tr key={each.id}>
              <td>
                <code>{each.id}</code>
              </td>
              <td>
                {each.secrets > 0 && (
                  <span className="sealed" aria-hidden="true" data-target={each.id === move.key_id ? "" : undefined}>
                    {Array.from({ length: Math.min(each.secrets, MOST_BLOCKS) }, (_, at) => (
                      <i key={at} />
                    ))}
                  </span>
                )}
                {each.secrets}
              </td>
              <td className="desk-only soft">{loadedBy(each)}</td>
              <td className="number">
                {each.id === move.key_id && old > 0 && (
                  <LockedButton role={me.role} needs="owner" disabled={move.step !== "rotate" || rotating.isPending} onClick={() => rotating.mutate()}>
                    {count(T.rotate, old)}
                  </LockedButton>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rotating.error && <Problem of={rotating.error} />}
      {rotating.data && (
        <p role="status">
          {count(T.rotated, rotating.data.changed)} {rotating.data.shut.length > 0 && fill(T.shut, { ids: rotating.data.shut.join(", ") })}
        </p>
      )}
      <p className="hint">
        <Rich text={vault.from_setting ? T.waits : T.inFile} with={{ key: move.key_id, command: <code>rapida vault rotate</code>, setting: <code>RAPIDA_MASTER_KEY</code>, file: <code>master.key</code> }} />
      </p>
    </section>
  );
}

function loadedBy(key: KeyState): string {
  const first = key.first_on.map((name) => fill(T.first, { name }));
  const behind = key.behind_on.map((name) => fill(T.behind, { name }));
  return [...first, ...behind].join(", ") || T.nowhere;
}
