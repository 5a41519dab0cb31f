import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { chooseProject } from "../api/session";
import type { ListedConversation, Me } from "../client";
import { Icon } from "../parts/Icon";
import { texts } from "../texts";
import { chooseTheme } from "../theme";
import { leave } from "./leave";
import type { Act, Item } from "./palette-items";
import { usePaletteItems } from "./usePaletteItems";

const T = texts.palette;

/** One input over places, verbs, calls, assistants and words that were said. What ends something asks first. */
export function Palette({ me, onClose, onKeys, onHangUp }: { me: Me; onClose: () => void; onKeys: () => void; onHangUp: (call: ListedConversation) => void }) {
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState("");
  const items = usePaletteItems(me, typed);
  const router = useRouter();
  const queries = useQueryClient();
  const list = useId();
  // Results that join later do not move the choice.
  const at = Math.max(0, items.findIndex((each) => each.id === chosen));
  const take = (act: Act, aside = false) => {
    onClose();
    if ("go" in act) {
      if (aside || act.go === "/docs") {
        window.open(act.go, aside ? "_blank" : "_self");
      } else {
        router.history.push(act.go);
      }
    } else if ("project" in act) {
      void chooseProject(act.project, queries);
    } else if ("theme" in act) {
      chooseTheme(act.theme);
    } else if ("hangUp" in act) {
      onHangUp(act.hangUp);
    } else if ("keys" in act) {
      onKeys();
    } else {
      void leave(queries).then(() => router.history.push("/sign-in"));
    }
  };
  const pressed = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const item = items[at];
    if (step !== undefined && items.length > 0) {
      event.preventDefault();
      setChosen(items[(at + step + items.length) % items.length]?.id ?? "");
    } else if (event.key === "Enter" && item) {
      event.preventDefault();
      take(item.act, event.ctrlKey || event.metaKey);
    }
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="veil" />
        <Dialog.Content className="palette" aria-describedby={undefined}>
          <Dialog.Title className="unseen">{T.title}</Dialog.Title>
          <div className="palette-input">
            <Icon name="search" />
            <input
              role="combobox"
              aria-expanded="true"
              aria-controls={list}
              aria-activedescendant={items[at] ? `${list}-${at}` : undefined}
              aria-label={T.title}
              placeholder={T.hint}
              value={typed}
              autoComplete="off"
              spellCheck={false}
              onKeyDown={pressed}
              onChange={(event) => {
                setTyped(event.target.value);
                setChosen("");
              }}
            />
            <kbd>{T.escape}</kbd>
          </div>
          <div id={list} role="listbox" aria-label={T.title} className="palette-items">
            {items.map((each, index) => (
              <Row key={each.id} id={`${list}-${index}`} item={each} first={items[index - 1]?.group !== each.group} chosen={index === at} onHover={() => setChosen(each.id)} onTake={(aside) => take(each.act, aside)} />
            ))}
          </div>
          {items.length === 0 && <p className="palette-none">{T.nothing}</p>}
          <p className="palette-foot" aria-hidden="true">
            <span>
              <kbd>↑</kbd>
              <kbd>↓</kbd> {T.choose}
            </span>
            <span>
              <kbd>{T.enter}</kbd> {T.go}
            </span>
            <span>
              <kbd>{T.controlEnter}</kbd> {T.aside}
            </span>
          </p>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Row({ id, item, first, chosen, onHover, onTake }: { id: string; item: Item; first: boolean; chosen: boolean; onHover: () => void; onTake: (aside: boolean) => void }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen) {
      place.current?.scrollIntoView({ block: "nearest" });
    }
  }, [chosen]);
  return (
    <>
      {first && (
        <div role="presentation" className="palette-group">
          {T.groups[item.group]}
        </div>
      )}
      {/* Keys are those of the input, which keeps the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus */}
      <div ref={place} id={id} role="option" aria-selected={chosen} className="palette-item" onMouseMove={onHover} onClick={(event) => onTake(event.ctrlKey || event.metaKey)}>
        <Icon name={item.icon} />
        <span className={item.spoken ? "spoken" : ""}>{item.label}</span>
        {item.note && <em>{item.note}</em>}
      </div>
    </>
  );
}
