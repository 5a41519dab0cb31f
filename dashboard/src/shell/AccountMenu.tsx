import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { signedOff } from "../api/session";
import { type Me, logout } from "../client";
import { Icon } from "../parts/Icon";
import { fill, texts } from "../texts";
import { THEMES, type Theme, chooseTheme, chosenTheme } from "../theme";

/** Who is signed in, how it looks, and the way out. */
export function AccountMenu({ me }: { me: Me }) {
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const name = me.user?.name ?? "";
  const leave = async () => {
    await logout({ throwOnError: true });
    signedOff();
    queries.clear();
    await navigate({ to: "/sign-in" });
  };
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="person" aria-label={fill(texts.shell.account, { name })}>
        {initials(name)}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
          <DropdownMenu.Label className="menu-label">
            {name}, {texts.shell.role[me.role]}
          </DropdownMenu.Label>
          <DropdownMenu.Separator className="menu-rule" />
          <DropdownMenu.Label className="menu-label">{texts.shell.theme}</DropdownMenu.Label>
          {THEMES.map((each) => (
            <DropdownMenu.CheckboxItem
              key={each}
              className="menu-item"
              checked={each === theme}
              onSelect={() => {
                chooseTheme(each);
                setTheme(each);
              }}
            >
              <span className="w-4">{each === theme && <Icon name="done" />}</span>
              {texts.shell.themes[each]}
            </DropdownMenu.CheckboxItem>
          ))}
          <DropdownMenu.Separator className="menu-rule" />
          <DropdownMenu.Item className="menu-item" asChild>
            <a href="/docs">{texts.places.api}</a>
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => void leave()}>
            {texts.shell.signOut}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  return `${words[0]?.[0] ?? "?"}${words.length > 1 ? (words.at(-1)?.[0] ?? "") : ""}`.toUpperCase();
}
