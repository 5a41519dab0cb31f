/** The pages of the settings, in their order; `needs` is the role that may read one. */
import type { Me } from "../../client";
import { texts } from "../../texts";

type Role = Me["role"];

const P = texts.settings.places;

export interface SettingsPlace {
  to: `/settings/${string}`;
  label: string;
  needs: Role;
}

export const SETTINGS_PLACES = [
  { to: "/settings/project", label: P.project, needs: "viewer" },
  { to: "/settings/members", label: P.members, needs: "viewer" },
  { to: "/settings/api-keys", label: P.apiKeys, needs: "admin" },
  { to: "/settings/web", label: P.web, needs: "viewer" },
  { to: "/settings/limits", label: P.limits, needs: "viewer" },
  { to: "/settings/retention", label: P.retention, needs: "viewer" },
  { to: "/settings/keys", label: P.keys, needs: "admin" },
  { to: "/settings/audit", label: P.audit, needs: "admin" },
  { to: "/settings/server", label: P.server, needs: "admin" },
] as const satisfies readonly SettingsPlace[];
