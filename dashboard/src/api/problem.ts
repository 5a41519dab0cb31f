import type { Problem as ProblemBody } from "../client";

export interface WrongField {
  field: string;
  problem: string;
}

/** What the API refused, or that it could not be reached at all (`status` 0). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: ReadonlyMap<string, string>;
  /** The same by whole paths (`turn.silence_ms`), in the API's order. */
  readonly all: readonly WrongField[];

  constructor(status: number, code: string, detail: string, all: readonly WrongField[] = []) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.all = all;
    this.fields = new Map(all.map((each) => [last(each.field), each.problem]));
  }

  /** What is wrong with a field, by its whole path. */
  at(field: string): string | undefined {
    return this.all.find((each) => each.field === field)?.problem;
  }

  /** What is wrong with a field, by its name in the API. */
  about(field: string): string | undefined {
    return this.fields.get(field);
  }
}

/** The problem in an answer's body; an answer that has none is told by its status. */
export function problemOf(body: unknown, response: Response | undefined, away: string): Problem {
  if (response === undefined) {
    return new Problem(0, "unreachable", away);
  }
  if (isProblem(body)) {
    return new Problem(body.status, body.code, body.detail, body.errors ?? []);
  }
  return new Problem(response.status, "", `${response.status} ${response.statusText}`.trim());
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body;
}

/** `body.value.account_sid` is about the field `account_sid`. */
function last(field: string): string {
  return field.split(".").at(-1) ?? field;
}
