import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { ME, isSignedOut, signedOff, wasSignedIn } from "./api/session";
import { setupNeeded } from "./client";
import { readCompared } from "./pages/assistants/versions/compared";
import { readFilters } from "./pages/calls/filters";
import { readView } from "./pages/call/view";
import { readOverview } from "./pages/overview/range";
import { readAuditFilters } from "./pages/settings/audit-filters";
import { Nowhere } from "./pages/nowhere/Nowhere";
import { Broken } from "./parts/Broken";
import { Shell } from "./shell/Shell";

interface Context {
  queries: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: Nowhere, errorComponent: Broken });

/** Pages for everyone. */
const welcome = createRoute({ getParentRoute: () => root, path: "/welcome", component: lazyRouteComponent(() => import("./pages/welcome/Owner"), "Owner") });
const firstCall = createRoute({
  getParentRoute: () => root,
  path: "/welcome/call",
  beforeLoad: ({ context, location }) => mustBeSignedIn(context.queries, location.href),
  component: lazyRouteComponent(() => import("./pages/welcome/FirstCall"), "FirstCall"),
});
const yourNumber = createRoute({
  getParentRoute: () => root,
  path: "/welcome/number",
  beforeLoad: ({ context, location }) => mustBeSignedIn(context.queries, location.href),
  component: lazyRouteComponent(() => import("./pages/your-number/YourNumber"), "YourNumber"),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search): { next?: string } => (typeof search["next"] === "string" && /^\/(?!\/)/.test(search["next"]) ? { next: search["next"] } : {}),
  component: lazyRouteComponent(() => import("./pages/sign-in/SignIn"), "SignIn"),
});

/** Pages of a person who is signed in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: ({ context, location }) => mustBeSignedIn(context.queries, location.href),
});
const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  validateSearch: readOverview,
  component: lazyRouteComponent(() => import("./pages/overview/Overview"), "Overview"),
});
const calls = createRoute({
  getParentRoute: () => inside,
  path: "/calls",
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import("./pages/calls/Calls"), "Calls"),
});
const call = createRoute({
  getParentRoute: () => inside,
  path: "/calls/$id",
  validateSearch: readView,
  component: lazyRouteComponent(() => import("./pages/call/Call"), "Call"),
});

const live = createRoute({
  getParentRoute: () => inside,
  path: "/live",
  validateSearch: (search): { wall?: true } => (search["wall"] === undefined ? {} : { wall: true }),
  component: lazyRouteComponent(() => import("./pages/live/Live"), "Live"),
});

const credentials = createRoute({
  getParentRoute: () => inside,
  path: "/credentials",
  validateSearch: (search): { sheet?: string } => (/^(new|\d+)$/.test(String(search["sheet"])) ? { sheet: String(search["sheet"]) } : {}),
  component: lazyRouteComponent(() => import("./pages/credentials/Credentials"), "Credentials"),
});

const assistants = createRoute({
  getParentRoute: () => inside,
  path: "/assistants",
  validateSearch: (search): { sheet?: "new" } => (search["sheet"] === "new" ? { sheet: "new" } : {}),
  component: lazyRouteComponent(() => import("./pages/assistants/Assistants"), "Assistants"),
});
const assistant = createRoute({
  getParentRoute: () => inside,
  path: "/assistants/$id",
  validateSearch: (search): { view?: "flow" | "yaml" } => (search["view"] === "flow" || search["view"] === "yaml" ? { view: search["view"] } : {}),
  component: lazyRouteComponent(() => import("./pages/assistants/editor/Editor"), "Editor"),
});
const versions = createRoute({
  getParentRoute: () => inside,
  path: "/assistants/$id/versions",
  validateSearch: readCompared,
  component: lazyRouteComponent(() => import("./pages/assistants/versions/Versions"), "Versions"),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  component: lazyRouteComponent(() => import("./pages/settings/Settings"), "Settings"),
});
const settingsPages = [
  createRoute({
    getParentRoute: () => settings,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/settings/project" });
    },
  }),
  createRoute({ getParentRoute: () => settings, path: "project", component: lazyRouteComponent(() => import("./pages/settings/Project"), "Project") }),
  createRoute({ getParentRoute: () => settings, path: "members", component: lazyRouteComponent(() => import("./pages/settings/Members"), "Members") }),
  createRoute({ getParentRoute: () => settings, path: "api-keys", component: lazyRouteComponent(() => import("./pages/settings/ApiKeys"), "ApiKeys") }),
  createRoute({ getParentRoute: () => settings, path: "web", component: lazyRouteComponent(() => import("./pages/settings/WebTokens"), "WebTokens") }),
  createRoute({ getParentRoute: () => settings, path: "limits", component: lazyRouteComponent(() => import("./pages/settings/Limits"), "Limits") }),
  createRoute({ getParentRoute: () => settings, path: "retention", component: lazyRouteComponent(() => import("./pages/settings/Retention"), "Retention") }),
  createRoute({ getParentRoute: () => settings, path: "keys", component: lazyRouteComponent(() => import("./pages/settings/VaultKeys"), "VaultKeys") }),
  createRoute({
    getParentRoute: () => settings,
    path: "audit",
    validateSearch: readAuditFilters,
    component: lazyRouteComponent(() => import("./pages/settings/Audit"), "Audit"),
  }),
  createRoute({ getParentRoute: () => settings, path: "server", component: lazyRouteComponent(() => import("./pages/settings/ThisServer"), "ThisServer") }),
] as const;

const phone = createRoute({
  getParentRoute: () => inside,
  path: "/assistants/$id/phone",
  component: lazyRouteComponent(() => import("./pages/phone-deployment/PhoneDeployment"), "PhoneDeployment"),
});
const numbers = createRoute({
  getParentRoute: () => inside,
  path: "/numbers",
  validateSearch: (search): { sheet?: "buy" } => (search["sheet"] === "buy" ? { sheet: "buy" } : {}),
  component: lazyRouteComponent(() => import("./pages/numbers/Numbers"), "Numbers"),
});

const tree = root.addChildren([welcome, firstCall, yourNumber, signIn, inside.addChildren([home, calls, call, live, assistants, assistant, versions, phone, numbers, credentials, settings.addChildren(settingsPages)])]);

export function newRouter(queries: QueryClient) {
  return createRouter({ routeTree: tree, context: { queries }, scrollRestoration: true, defaultErrorComponent: Broken, defaultNotFoundComponent: Nowhere });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}

/** Who is not signed in is sent to sign in, or to the first run where nobody owns the installation yet. */
async function mustBeSignedIn(queries: QueryClient, href: string): Promise<void> {
  if (wasSignedIn()) {
    try {
      await queries.ensureQueryData(ME);
      return;
    } catch (problem) {
      if (!isSignedOut(problem)) {
        throw problem;
      }
      signedOff();
    }
  }
  const { needed } = (await setupNeeded({ throwOnError: true })).data;
  throw needed ? redirect({ to: "/welcome" }) : redirect({ to: "/sign-in", search: href === "/" ? {} : { next: href } });
}
