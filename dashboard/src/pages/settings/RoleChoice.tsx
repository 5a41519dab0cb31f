import { may, type Role } from "../../parts/LockedButton";
import { texts } from "../../texts";

/** A role for somebody new, each with what it lets do; those above one's own are locked. */
export function RoleChoice<Given extends Role>({ roles, most, value, onChange }: { roles: readonly Given[]; most: Role; value: Given; onChange: (role: Given) => void }) {
  return (
    <fieldset>
      <legend className="field-label">{texts.settings.members.role}</legend>
      <div className="role-choice">
        {roles.map((each) => (
          <label key={each} data-locked={may(most, each) ? undefined : ""}>
            <input type="radio" name="role" value={each} checked={each === value} disabled={!may(most, each)} onChange={() => onChange(each)} />
            <b>{texts.shell.role[each]}</b>
            <small>{texts.settings.roleText[each]}</small>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
