import type { ComponentProps } from "react";
import { Icon, type IconName } from "./Icon";

export type Look = "plain" | "act" | "quiet" | "fault";

interface Shown {
  look?: Look;
  small?: boolean;
  icon?: IconName;
}

/** A verb and its object. With an icon alone it is square, and `aria-label` names it. */
export function Button({ look = "plain", small, icon, children, type = "button", ...more }: ComponentProps<"button"> & Shown) {
  return (
    <button type={type} className="button" {...lookOf(look, small, children === undefined)} {...more}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** The attributes that make a link look like a button. */
export function lookOf(look: Look, small = false, square = false) {
  return {
    "data-look": look,
    "data-small": small ? "" : undefined,
    "data-square": square ? "" : undefined,
  };
}
