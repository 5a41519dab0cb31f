/** Fields of an assistant by their paths, as the API writes them: `turn.silence_ms`, `tools[1].options`. */

export type Path = readonly (string | number)[];
type Branch = Readonly<Record<string | number, unknown>>;

export interface Difference {
  field: string;
  before: unknown;
  after: unknown;
}

export function written(path: Path): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : index > 0 ? `.${part}` : part)).join("");
}

export function read(from: unknown, path: Path): unknown {
  return path.reduce<unknown>((found, part) => (typeof found === "object" && found !== null ? (found as Branch)[part] : undefined), from);
}

/** A copy in which one field is another. `undefined` takes it out. */
export function put<Whole>(whole: Whole, path: Path, value: unknown): Whole {
  const [first, ...rest] = path;
  if (first === undefined) {
    return value as Whole;
  }
  const inner = put((whole as Branch | undefined)?.[first], rest, value);
  if (Array.isArray(whole)) {
    return (inner === undefined ? whole.filter((_, index) => index !== first) : Object.assign([...whole], { [first]: inner })) as Whole;
  }
  const { [first]: _, ...others } = (whole ?? {}) as Branch;
  return (inner === undefined ? others : { ...(whole as object), [first]: inner }) as Whole;
}

/** Every field that differs. Lists of different lengths differ as a whole. */
export function differences(before: unknown, after: unknown, at: Path = []): Difference[] {
  if (isBranch(before) && isBranch(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => differences(before[name], after[name], [...at, name]));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((each, index) => differences(each, after[index], [...at, index]));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ field: written(at), before, after }];
}

/** What somebody changed, laid over what somebody else made of the same. */
export function laidOver<Whole>(base: Whole, mine: Whole, theirs: Whole): Whole {
  return differences(base, mine).reduce((whole, each) => put(whole, parts(each.field), each.after), theirs);
}

function parts(field: string): Path {
  return [...field.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map((found) => (found[1] === undefined ? (found[2] ?? "") : Number(found[1])));
}

function isBranch(value: unknown): value is Branch {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
