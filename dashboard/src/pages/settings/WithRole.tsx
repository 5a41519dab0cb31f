import type { ReactNode } from "react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { ME } from "../../api/session";
import { may, type Role } from "../../parts/LockedButton";
import { NeedsRole } from "../../parts/NeedsRole";
import { texts } from "../../texts";
import { PageHead } from "./PageHead";

/** A page that only some may read; to the others it says so, and whom to ask. */
export function WithRole({ needs, title, children }: { needs: Role; title: string; children: ReactNode }) {
  const { data: me } = useSuspenseQuery(ME);
  if (may(me.role, needs)) {
    return children;
  }
  return (
    <>
      <PageHead title={title}>{texts.settings.lockedPage}</PageHead>
      <div className="locked-page">
        <NeedsRole me={me} least={needs} />
      </div>
    </>
  );
}
