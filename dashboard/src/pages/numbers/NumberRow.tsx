import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { type Me, type PhoneNumberView, restorePhoneNumber } from "../../client";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { Icon } from "../../parts/Icon";
import { may } from "../../parts/LockedButton";
import { SideSheet } from "../../parts/SideSheet";
import { State } from "../../parts/State";
import { fill, texts } from "../../texts";
import { shownNumber } from "../../words/phone";
import { PointForm } from "./PointForm";

const T = texts.numbers;

/** A number, who answers it, and what keeps a call from getting there. */
export function NumberRow({ number, me }: { number: PhoneNumberView; me: Me }) {
  const [pointing, setPointing] = useState(false);
  const [restoring, setRestoring] = useState(false);
  const queries = useQueryClient();
  const shown = shownNumber(number.number);
  const { kind, assistant_id, assistant_name, where } = number.answered_by;
  const named = number.name.replace(/\D/g, "") !== number.number.replace(/\D/g, "") ? number.name : "";
  return (
    <tr>
      <td>
        <b className="number-shown">{shown}</b> {named && <span className="soft">{named}</span>}
        {number.hints.map((hint) => (
          <p key={hint} className="number-hint">
            <Icon name="fault" />
            {hint}
          </p>
        ))}
      </td>
      <td>
        {kind === "assistant" && assistant_id !== null ? (
          <State kind={number.hints.length > 0 ? "attention" : "good"}>
            <Link to="/assistants/$id/phone" params={{ id: String(assistant_id) }}>
              {assistant_name}
            </Link>
          </State>
        ) : (
          <State kind="plain">{kind === "nobody" ? T.nobody : T.elsewhere}</State>
        )}
      </td>
      <td className="desk-only">
        <code className="number-where">{where ?? ""}</code>
      </td>
      <td className="number">
        <DropdownMenu.Root>
          <DropdownMenu.Trigger asChild>
            <Button look="quiet" small icon="more" aria-label={fill(T.actions, { number: shown })} disabled={!may(me.role, "editor")} />
          </DropdownMenu.Trigger>
          <DropdownMenu.Portal>
            <DropdownMenu.Content className="menu" align="end">
              <DropdownMenu.Item className="menu-item" disabled={!number.takes_calls} onSelect={() => setPointing(true)}>
                {T.point}
              </DropdownMenu.Item>
              {number.restorable && (
                <DropdownMenu.Item className="menu-item" onSelect={() => setRestoring(true)}>
                  {texts.phoneDeployment.restore}
                </DropdownMenu.Item>
              )}
            </DropdownMenu.Content>
          </DropdownMenu.Portal>
        </DropdownMenu.Root>
        <SideSheet open={pointing} title={fill(T.pointTitle, { number: shown })} onClose={() => setPointing(false)}>
          <PointForm number={number} onDone={() => setPointing(false)} />
        </SideSheet>
        <Confirm
          open={restoring}
          onOpenChange={setRestoring}
          title={fill(texts.phoneDeployment.restoreTitle, { number: shown })}
          text={texts.phoneDeployment.restoreText}
          verb={texts.phoneDeployment.restore}
          act={async () => {
            await restorePhoneNumber({ path: { number: number.number }, body: { credential_id: number.credential_id }, throwOnError: true });
            await queries.invalidateQueries({ queryKey: ["phone-numbers"] });
          }}
        />
      </td>
    </tr>
  );
}
