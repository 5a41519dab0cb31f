import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { texts } from "../../texts";
import { SETTINGS_PLACES } from "./places";
import "./settings.css";

/** Who may do what, who did what, what is kept. */
export function Settings() {
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    // On the phone the places are a row that scrolls; the one that is open is brought into sight.
    nav.current?.querySelector('[data-status="active"]')?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  return (
    <div className="settings">
      <nav ref={nav} className="settings-places" data-scroll="" aria-label={texts.settings.title}>
        {SETTINGS_PLACES.map((each) => (
          <Link key={each.to} to={each.to}>
            {each.label}
          </Link>
        ))}
      </nav>
      <div className="settings-page">
        <Outlet />
      </div>
    </div>
  );
}
