import { Link, useMatchRoute } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import { Icon } from "../parts/Icon";
import { texts } from "../texts";
import { PLACES } from "./places";

/** The thumb reaches five; the last of them holds the rest. */
const TABS: readonly string[] = ["/calls", "/live", "/assistants", "/credentials"];

/** The places on the phone, within the thumb's reach. */
export function BottomTabs() {
  const matches = useMatchRoute();
  const rest = PLACES.filter((each) => !TABS.includes(each.to));
  const here = rest.some((each) => matches({ to: each.to, fuzzy: each.to !== "/" }) !== false);
  return (
    <nav className="tabs" aria-label={texts.places.main}>
      {PLACES.filter((each) => TABS.includes(each.to)).map((each) => (
        <Link key={each.to} to={each.to}>
          <Icon name={each.icon} />
          {each.label}
        </Link>
      ))}
      <DropdownMenu.Root>
        <DropdownMenu.Trigger data-status={here ? "active" : undefined}>
          <Icon name="more" />
          {texts.places.more}
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" side="top" sideOffset={6}>
            {rest.map((each) => (
              <DropdownMenu.Item key={each.to} className="menu-item" asChild>
                <Link to={each.to}>
                  <Icon name={each.icon} />
                  {each.label}
                </Link>
              </DropdownMenu.Item>
            ))}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
    </nav>
  );
}
