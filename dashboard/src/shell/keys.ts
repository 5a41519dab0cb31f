import { useEffect, useRef } from "react";

/** Keys of a page by their name (`KeyboardEvent.key`), each with what it does. */
export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Single keys of a page. They are silent while somebody types, and in menus and dialogs. */
export function useKeys(keys: Keys): void {
  const now = useRef(keys);
  useEffect(() => {
    now.current = keys;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const act = now.current[event.key];
      if (act && !event.ctrlKey && !event.metaKey && !event.defaultPrevented && !isTaken(event)) {
        event.preventDefault();
        act(event);
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}

/** Whether the focused element wants the key for itself. */
export function isTaken(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, select, textarea, [contenteditable], [role=menu], [role=dialog], [role=alertdialog]")) {
    return true;
  }
  return (event.key === "Enter" || event.key === " ") && target?.closest("a, button, summary") !== null && target !== null;
}
