import { useQuery } from "@tanstack/react-query";
import { type Me, listMembers } from "../client";
import { fill, texts } from "../texts";
import { Icon } from "./Icon";
import { may, type Role } from "./LockedButton";

/** Beside what is locked: which role it takes, and who has it. */
export function NeedsRole({ me, least }: { me: Me; least: Role }) {
  const locked = !may(me.role, least);
  const members = useQuery({
    queryKey: ["members"],
    queryFn: async () => (await listMembers({ throwOnError: true })).data.items,
    enabled: locked,
  });
  if (!locked) {
    return null;
  }
  const able = (members.data ?? []).filter((each) => may(each.role, least)).map((each) => each.name);
  return (
    <p className="needs-role">
      <Icon name="lock" />
      <span>
        {fill(texts.needsRole, { needed: texts.shell.role[least], own: texts.shell.role[me.role] })}{" "}
        {able.length > 0 && fill(texts.askThem, { who: able.slice(0, MOST).join(", ") })}
      </span>
    </p>
  );
}

/** So many names are enough to ask somebody. */
const MOST = 3;
