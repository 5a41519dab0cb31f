import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { GO_KEYS } from "./go-keys";
import { isTaken } from "./keys";

/** Keys that work on every page. They are looked at before a page's own, which never see what is taken here. */
export function useShortcuts({ palette, sheet }: { palette: () => void; sheet: () => void }): void {
  const navigate = useNavigate();
  const now = useRef({ palette, sheet, navigate });
  useEffect(() => {
    now.current = { palette, sheet, navigate };
  });
  useEffect(() => {
    // `g` waits for the next key, however long that takes somebody, or for a click.
    let going = false;
    const pressed = (event: KeyboardEvent) => {
      const take = (act: () => void) => {
        event.preventDefault();
        event.stopPropagation();
        act();
      };
      const { key } = event;
      const place = going ? GO_KEYS.find((each) => each.key === key) : undefined;
      going = false;
      if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "k") {
        take(now.current.palette);
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) {
        return;
      }
      if (place) {
        take(() => void now.current.navigate({ to: place.to as string }));
      } else if (key === "g") {
        take(() => {
          going = true;
        });
      } else if (key === "/") {
        take(now.current.palette);
      } else if (key === "?") {
        take(now.current.sheet);
      }
    };
    const clicked = () => {
      going = false;
    };
    window.addEventListener("keydown", pressed, true);
    window.addEventListener("pointerdown", clicked, true);
    return () => {
      window.removeEventListener("keydown", pressed, true);
      window.removeEventListener("pointerdown", clicked, true);
    };
  }, []);
}
