/** Names of fields while YAML is typed, from what the API's document declares. */
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import * as schemas from "../../../client/schemas.gen";
import type { Schema } from "../fields/schema";

const NAMED = schemas as unknown as Readonly<Record<string, Schema>>;

/** What a `$ref` or an only `allOf` leads to. */
function resolved(schema: Schema | undefined): Schema | undefined {
  const ref = schema?.$ref ?? schema?.allOf?.[0]?.$ref;
  return ref === undefined ? schema : resolved(NAMED[`${ref.split("/").at(-1)}Schema`]);
}

/** The fields that may stand under a path of names. */
function fieldsAt(path: readonly string[]): Readonly<Record<string, Schema>> {
  const found = path.reduce<Schema | undefined>((at, name) => resolved(at?.properties?.[name]), schemas.AssistantBodySchema as Schema);
  return found?.properties ?? {};
}

/** The names above a line, by how far each is indented. */
function pathOf(lines: readonly string[], indent: number): string[] {
  const path: string[] = [];
  let depth = indent;
  for (const line of lines.toReversed()) {
    const found = /^(\s*)([\w-]+):/.exec(line);
    if (found && (found[1] ?? "").length < depth) {
      depth = (found[1] ?? "").length;
      path.unshift(found[2] ?? "");
    }
  }
  return path;
}

export function assistantFields(context: CompletionContext): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const typed = /^(\s*)(\w*)$/.exec(context.state.sliceDoc(line.from, context.pos));
  if (!typed || (!context.explicit && !typed[2])) {
    return null;
  }
  const above = context.state.sliceDoc(0, line.from).split("\n");
  const fields = fieldsAt(pathOf(above, (typed[1] ?? "").length));
  return {
    from: line.from + (typed[1] ?? "").length,
    options: Object.entries(fields).map(([name, schema]) => ({ label: name, apply: `${name}: `, detail: resolved(schema)?.type, info: schema.description, type: "property" })),
  };
}
