import type { Me } from "../../client";
import { may, type Role } from "../../parts/LockedButton";
import { texts } from "../../texts";

export const ROLES = ["viewer", "editor", "admin", "owner"] as const;

/** A member's role, at most `most`: nobody gives a role above their own. */
export function RoleSelect({ label, most, value, disabled, onChange }: { label: string; most: Me["role"]; value: Role; disabled: boolean; onChange: (role: Role) => void }) {
  return (
    <select className="input role-select" aria-label={label} disabled={disabled} value={value} onChange={(event) => onChange(event.target.value as Role)}>
      {ROLES.map((each) => (
        <option key={each} value={each} disabled={!may(most, each)}>
          {texts.shell.role[each]}
        </option>
      ))}
    </select>
  );
}
