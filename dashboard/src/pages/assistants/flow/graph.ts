/** A flow's YAML as a drawing: its states, what each asks, where each leads, what can never be reached. */
import { parse } from "yaml";

export interface Node {
  name: string;
  kind: "says" | "asks" | "tool" | "ends" | "transfers";
  says: string;
  reachable: boolean;
  rank: number;
  row: number;
}

export interface Edge {
  from: string;
  to: string;
  label: string;
  /** Leads back to where the flow has been. */
  back: boolean;
}

export interface Graph {
  nodes: readonly Node[];
  edges: readonly Edge[];
  ranks: number;
  rows: number;
}

interface Written {
  say?: string;
  ask?: { question?: string; reprompts?: string[] };
  tool?: { name?: string };
  answer?: unknown;
  transfer?: string;
  end?: boolean;
  next?: unknown;
  failed?: string;
}
interface Script {
  start?: string;
  failed?: string;
  states?: Record<string, Written | null>;
  anywhere?: Record<string, unknown>;
}

type Way = readonly [to: string, label: string];

/** Throws what the YAML reader says where the text is no YAML, with line and column. */
export function graphOf(text: string): Graph {
  const script = (parse(text) ?? {}) as Script;
  const states = Object.entries(isObject(script.states) ? script.states : {}).map(([name, state]) => [name, (isObject(state) ? state : {}) as Written] as const);
  const first = script.start ?? states[0]?.[0] ?? "";
  const ways = new Map(states.map(([name, state]) => [name, waysOf(state)]));
  const elsewhere = [script.failed, ...Object.keys(script.anywhere ?? {})].filter((each): each is string => typeof each === "string");
  const ranks = ranked(first, elsewhere, ways);
  const beyond = Math.max(0, ...ranks.values()) + 1;
  const rows = new Map<number, number>();
  const nodes = states.map(([name, state]) => {
    const rank = ranks.get(name) ?? beyond;
    const row = rows.get(rank) ?? 0;
    rows.set(rank, row + 1);
    return { name, kind: kindOf(state), says: String(state.ask?.question ?? state.say ?? state.tool?.name ?? ""), reachable: ranks.has(name), rank, row };
  });
  const edges = [...ways].flatMap(([from, found]) => found.filter(([to]) => ways.has(to)).map(([to, label]) => ({ from, to, label, back: (ranks.get(to) ?? beyond) <= (ranks.get(from) ?? beyond) })));
  return { nodes, edges: joined(edges), ranks: Math.max(0, ...nodes.map((each) => each.rank)) + 1, rows: Math.max(1, ...rows.values()) };
}

function kindOf(state: Written): Node["kind"] {
  const kinds: readonly [unknown, Node["kind"]][] = [
    [state.ask, "asks"],
    [state.tool ?? state.answer, "tool"],
    [state.transfer, "transfers"],
    [state.end, "ends"],
  ];
  return kinds.find(([there]) => Boolean(there))?.[1] ?? "says";
}

/** `next` is a name, names by an answer, or a list of rules. */
function waysOf(state: Written): Way[] {
  const { next, failed } = state;
  const ways: Way[] = [];
  if (typeof next === "string") {
    ways.push([next, ""]);
  } else if (Array.isArray(next)) {
    for (const rule of next) {
      if (isObject(rule)) {
        ways.push([String(rule["goto"]), rule["is"] === undefined ? "" : [rule["is"]].flat().join(", ")]);
      }
    }
  } else if (isObject(next)) {
    ways.push(...Object.entries(next).map(([answer, to]): Way => [String(to), answer]));
  }
  return typeof failed === "string" ? [...ways, [failed, "failed"]] : ways;
}

/** How many steps each reachable state is from the first. */
function ranked(first: string, elsewhere: readonly string[], ways: ReadonlyMap<string, readonly Way[]>): Map<string, number> {
  const ranks = new Map<string, number>();
  const visit = (from: readonly string[], rank: number) => {
    const fresh = [...new Set(from)].filter((each) => ways.has(each) && !ranks.has(each));
    for (const each of fresh) {
      ranks.set(each, rank);
    }
    if (fresh.length > 0) {
      visit(fresh.flatMap((each) => (ways.get(each) ?? []).map(([to]) => to)), rank + 1);
    }
  };
  visit([first], 0);
  visit(elsewhere, Math.max(0, ...ranks.values()) + 1);
  return ranks;
}

/** Several answers that lead the same way are one line. */
function joined(edges: readonly Edge[]): Edge[] {
  const found = new Map<string, Edge>();
  for (const edge of edges) {
    const key = `${edge.from} ${edge.to}`;
    const before = found.get(key);
    found.set(key, before ? { ...before, label: [before.label, edge.label].filter(Boolean).join(", ") } : edge);
  }
  return [...found.values()];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
