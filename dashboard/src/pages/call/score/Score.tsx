import { useEffect, useRef, useState } from "react";
import { useAxis } from "../axis/TimeAxis";
import { drawScore } from "./draw";
import type { Pyramid } from "./pyramid";

/** The recording's outline in a canvas as wide as what is in sight. */
export function Score({ pyramid }: { pyramid: Pyramid }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { fromMs, toMs } = useAxis();
  const [size, setSize] = useState({ width: 0, height: 0 });
  const theme = useTheme();
  useEffect(() => {
    const element = canvas.current;
    if (!element) {
      return undefined;
    }
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || size.width === 0) {
      return;
    }
    const dense = window.devicePixelRatio || 1;
    element.width = Math.round(size.width * dense);
    element.height = Math.round(size.height * dense);
    drawScore(context, pyramid, fromMs, toMs, element.width, element.height, inkOf(element));
  }, [pyramid, fromMs, toMs, size, theme]);
  return <canvas ref={canvas} className="score" aria-hidden="true" />;
}

/** Colours as the theme has them now: a canvas knows no variables. */
function inkOf(element: HTMLElement) {
  const probe = document.createElement("i");
  element.parentElement?.append(probe);
  const read = (token: string) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const ink = { caller: read("--caller-fill"), agent: read("--agent-fill"), middle: read("--edge") };
  probe.remove();
  return ink;
}

/** Changes when day and night change, by the system or by choice. */
function useTheme(): number {
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
