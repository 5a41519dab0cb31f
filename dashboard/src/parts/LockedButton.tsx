import type { ComponentProps } from "react";
import type { Me } from "../client";
import { fill, texts } from "../texts";
import { Button } from "./Button";

export type Role = Me["role"];
const RANKS: readonly Role[] = ["viewer", "editor", "admin", "owner"];

/** Whether a role may what needs another. */
export function may(role: Role, needs: Role): boolean {
  return RANKS.indexOf(role) >= RANKS.indexOf(needs);
}

/** A button that stays in its place, locked and with the reason, for who may not use it. */
export function LockedButton({ role, needs, onClick, icon, ...more }: ComponentProps<typeof Button> & { role: Role; needs: Role }) {
  const locked = !may(role, needs);
  const reason = fill(texts.locked, { needs: texts.shell.role[needs] });
  return (
    <Button
      {...more}
      icon={locked ? "lock" : icon}
      aria-disabled={locked || undefined}
      title={locked ? reason : more.title}
      aria-description={locked ? reason : undefined}
      onClick={locked ? undefined : onClick}
    />
  );
}
