import type { QueryClient } from "@tanstack/react-query";
import { type Me, me } from "../client";
import { client } from "../client/client.gen";
import { texts } from "../texts";
import { Problem, problemOf } from "./problem";

/** Who is signed in. It also sets the headers that requests by cookie need. */
export const ME = {
  queryKey: ["me"],
  queryFn: async (): Promise<Me> => {
    const found = (await me({ throwOnError: true })).data;
    signedIn(found);
    return found;
  },
  staleTime: 60_000,
  retry: false,
};

const PROJECT = "rapida.project";
const SESSION = "rapida.session";
let csrf = "";

export function signedIn(found: Me): void {
  csrf = found.csrf_token ?? "";
  localStorage.setItem(SESSION, "1");
}

export function signedOff(): void {
  localStorage.removeItem(SESSION);
}

/** Whether this browser was signed in before. If not, the server need not be asked who it is. */
export function wasSignedIn(): boolean {
  return localStorage.getItem(SESSION) !== null;
}

/** The project that this browser last chose; null = the person's first. */
export function chosenProject(): string | null {
  return localStorage.getItem(PROJECT);
}

export async function chooseProject(id: number, queries: QueryClient): Promise<void> {
  localStorage.setItem(PROJECT, String(id));
  await queries.resetQueries();
}

/** The path of a file that a plain link or a media element can ask for, which send no headers: first project only. */
export function reachableByLink(found: Me): boolean {
  return found.project.id === found.projects[0]?.id;
}

/** Headers of every request, and problems as exceptions. */
export function connect(): void {
  client.setConfig({ baseUrl: window.location.origin });
  client.interceptors.request.use((request) => {
    const project = chosenProject();
    if (project !== null) {
      request.headers.set("x-rapida-project", project);
    }
    if (request.method !== "GET" && csrf) {
      request.headers.set("x-csrf-token", csrf);
    }
    return request;
  });
  client.interceptors.error.use((body, response) => {
    const problem = problemOf(body, response, texts.problem.away);
    // A project that is gone, or is another person's on this browser, must not lock anyone out.
    if (problem.status === 404 && chosenProject() !== null && response?.url.endsWith("/v1/me")) {
      localStorage.removeItem(PROJECT);
    }
    return problem;
  });
}

export function isSignedOut(problem: unknown): boolean {
  return problem instanceof Problem && problem.status === 401;
}
