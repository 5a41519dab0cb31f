/** Comma- or semicolon-separated text as rows, and the rows as calls (https://www.rfc-editor.org/rfc/rfc4180). */
import type { BulkCallForm } from "../../../client";

const NUMBER_NAMES = ["to_number", "tonumber", "number", "phone", "phone_number", "telephone"];
const FROM_NAMES = ["from_number", "fromnumber"];

export interface CsvRow {
  /** Its line in the file, from 1. */
  line: number;
  number: string;
  form: BulkCallForm;
}

export interface ReadCsv {
  rows: CsvRow[];
  /** Columns whose values the assistant is told. */
  variables: string[];
  /** Whether there is a column of numbers at all. */
  hasNumbers: boolean;
}

export function readCsv(text: string, assistantId: number): ReadCsv {
  const [head, ...lines] = cells(text);
  const names = (head?.cells ?? []).map((each) => each.trim());
  const low = names.map((each) => each.toLowerCase());
  const numberAt = low.findIndex((each) => NUMBER_NAMES.includes(each));
  const fromAt = low.findIndex((each) => FROM_NAMES.includes(each));
  const variables = names.filter((each, at) => each && at !== numberAt && at !== fromAt);
  const rows = lines.map(({ line, cells: found }) => {
    const at = (place: number) => (found[place] ?? "").trim();
    const args = Object.fromEntries(names.flatMap((name, place) => (name && place !== numberAt && place !== fromAt && at(place) ? [[name, at(place)]] : [])));
    const number = at(numberAt).replace(/[\s().-]/g, "");
    const form: BulkCallForm = { assistant: { assistant_id: assistantId }, to_number: number, args, ...(at(fromAt) ? { from_number: at(fromAt) } : {}) };
    return { line, number, form };
  });
  return { rows, variables, hasNumbers: numberAt >= 0 };
}

/** Numbers that stand in more than one row, with the lines at which they come again. */
export function repeated(rows: readonly CsvRow[]): ReadonlyMap<number, number> {
  const first = new Map<string, number>();
  const again = new Map<number, number>();
  for (const { line, number } of rows) {
    const before = first.get(number);
    if (before === undefined) {
      first.set(number, line);
    } else {
      again.set(line, before);
    }
  }
  return again;
}

function cells(text: string): { line: number; cells: string[] }[] {
  const separator = (text.split("\n", 1)[0] ?? "").includes(";") ? ";" : ",";
  const rows: { line: number; cells: string[] }[] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let began = 1;
  const endRow = () => {
    row.push(cell);
    if (row.some((each) => each.trim())) {
      rows.push({ line: began, cells: row });
    }
    row = [];
    cell = "";
  };
  const clean = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  for (let at = 0; at < clean.length; at += 1) {
    const letter = clean[at] ?? "";
    if (quoted && letter === '"' && clean[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (letter === '"' && (quoted || cell === "")) {
      quoted = !quoted;
    } else if (letter === separator && !quoted) {
      row.push(cell);
      cell = "";
    } else if (letter === "\n" && !quoted) {
      endRow();
      began = line + 1;
    } else {
      cell += letter;
    }
    line += letter === "\n" ? 1 : 0;
  }
  endRow();
  return rows;
}
