/** What a drawing in a canvas needs to know of the page: its size, and colours, since a canvas knows no variables. */
import { type RefObject, useEffect, useState } from "react";

export interface Size {
  width: number;
  height: number;
}

/** The size of an element in CSS pixels, as it changes. */
export function useSize(canvas: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const element = canvas.current;
    if (!element) {
      return undefined;
    }
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [canvas]);
  return size;
}

/** As many device pixels as the element covers; a canvas that is as it was is left alone, since setting clears it. */
export function fit(element: HTMLCanvasElement, size: Size): number {
  const dense = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(size.width * dense), Math.round(size.height * dense)];
  if (element.width !== width || element.height !== height) {
    element.width = width;
    element.height = height;
  }
  return dense;
}

/** Tokens as colours, as they are now where the element stands. */
export function inkOf<Name extends string>(element: HTMLElement, tokens: Readonly<Record<Name, string>>): Record<Name, string> {
  const probe = document.createElement("i");
  element.parentElement?.append(probe);
  const read = (token: string) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const ink = Object.fromEntries(Object.entries<string>(tokens).map(([name, token]) => [name, read(token)])) as Record<Name, string>;
  probe.remove();
  return ink;
}

/** Changes when day and night change, by the system or by choice. */
export function useTheme(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const changed = () => setChanges((now) => now + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", changed);
    const observer = new MutationObserver(changed);
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      system.removeEventListener("change", changed);
      observer.disconnect();
    };
  }, []);
  return changes;
}
