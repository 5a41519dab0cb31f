import { Link } from "@tanstack/react-router";
import type { Me } from "../client";
import { texts } from "../texts";
import { AccountMenu } from "./AccountMenu";
import { Lamps } from "./Lamps";
import { Commands } from "./Commands";
import { Mark } from "./Mark";
import { ProjectMenu } from "./ProjectMenu";
import { PLACES } from "./places";

/** The line above every page: full width is worth more than a sidebar to a page with a time axis. */
export function TopLine({ me }: { me: Me }) {
  return (
    <header className="top">
      <Link to="/" className="mark" activeOptions={{ exact: true, includeSearch: false }}>
        <Mark />
        Rapida
      </Link>
      <ProjectMenu me={me} />
      <nav className="places" aria-label={texts.places.main}>
        {PLACES.map((each) => (
          <Link key={each.to} to={each.to} activeOptions={{ exact: each.to === "/", includeSearch: false }}>
            {each.label}
          </Link>
        ))}
      </nav>
      <span className="flex-1" />
      <Lamps />
      <Commands me={me} />
      <AccountMenu me={me} />
    </header>
  );
}
