import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { SERVER } from "../api/server";
import type { Me } from "../client";
import { Icon } from "../parts/Icon";
import { fill, texts } from "../texts";
import { OWN_ZONE, ZONE, chooseZone } from "../words/zone";
import { leave } from "./leave";
import { THEMES, type Theme, chooseTheme, chosenTheme } from "../theme";

/** Who is signed in, how it looks, and the way out. */
export function AccountMenu({ me }: { me: Me }) {
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const name = me.user?.name ?? "";
  const server = useQuery(SERVER);
  const zones = new Map([
    [OWN_ZONE, fill(texts.shell.zones.own, { zone: OWN_ZONE })],
    ["UTC", "UTC"],
    ...(server.data && server.data.zone !== OWN_ZONE && !server.data.zone.endsWith("UTC") ? [[server.data.zone, fill(texts.shell.zones.server, { zone: server.data.zone })] as const] : []),
    ...(ZONE !== OWN_ZONE && ZONE !== "UTC" && ZONE !== server.data?.zone ? [[ZONE, ZONE] as const] : []),
  ]);
  const out = async () => {
    await leave(queries);
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
          <DropdownMenu.Label className="menu-label">{texts.shell.zone}</DropdownMenu.Label>
          {[...zones].map(([zone, label]) => (
            <DropdownMenu.CheckboxItem key={zone} className="menu-item" checked={zone === ZONE} onSelect={() => chooseZone(zone)}>
              <span className="w-4">{zone === ZONE && <Icon name="done" />}</span>
              {label}
            </DropdownMenu.CheckboxItem>
          ))}
          <DropdownMenu.Separator className="menu-rule" />
          <DropdownMenu.Item className="menu-item" asChild>
            <a href="/docs">{texts.places.api}</a>
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => void out()}>
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
