import type { Problem as ProblemBody } from "../client";

/** What the API refused, or that it could not be reached at all (`status` 0). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: ReadonlyMap<string, string>;

  constructor(status: number, code: string, detail: string, fields: ReadonlyMap<string, string> = new Map()) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.fields = fields;
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
    const fields = new Map((body.errors ?? []).map((each) => [last(each.field), each.problem]));
    return new Problem(body.status, body.code, body.detail, fields);
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
