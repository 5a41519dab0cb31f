/** Day, night, or as the system says; kept in this browser. Imported first, so that it holds before paint. */

export const THEMES = ["system", "day", "night"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "rapida.theme";

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((each) => each === kept) ?? "system";
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  apply(theme);
}

/** By night, as long as the returned function is not called; what was chosen stays chosen. */
export function byNight(): () => void {
  apply("night");
  return () => apply(chosenTheme());
}

function apply(theme: Theme): void {
  if (theme === "system") {
    delete document.documentElement.dataset["theme"];
  } else {
    document.documentElement.dataset["theme"] = theme;
  }
}

apply(chosenTheme());
