import { Link } from "@tanstack/react-router";
import type { Me } from "../client";
import { Icon } from "../parts/Icon";
import { texts } from "../texts";
import { AccountMenu } from "./AccountMenu";
import { Lamps } from "./Lamps";
import { Mark } from "./Mark";
import { ProjectMenu } from "./ProjectMenu";
import { PLACES } from "./places";

/** The line above every page: full width is worth more than a sidebar to a page with a time axis. */
export function TopLine({ me }: { me: Me }) {
  return (
    <header className="top">
      <Link to="/calls" className="mark">
        <Mark />
        Rapida
      </Link>
      <ProjectMenu me={me} />
      <nav className="places" aria-label={texts.places.main}>
        {PLACES.map((each) => (
          <Link key={each.to} to={each.to}>
            {each.label}
          </Link>
        ))}
      </nav>
      <span className="flex-1" />
      <Lamps />
      <AccountMenu me={me} />
    </header>
  );
}

/** The same on the phone, within the thumb's reach. */
export function BottomTabs() {
  return (
    <nav className="tabs" aria-label={texts.places.main}>
      {PLACES.map((each) => (
        <Link key={each.to} to={each.to}>
          <Icon name={each.icon} />
          {each.label}
        </Link>
      ))}
    </nav>
  );
}
