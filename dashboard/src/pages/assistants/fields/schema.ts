/** What the API's document declares of a field, and how a form draws that. */

export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  items?: Schema;
  properties?: Readonly<Record<string, Schema>>;
  additionalProperties?: Schema | boolean;
  required?: readonly string[];
  anyOf?: readonly Schema[];
  allOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  $ref?: string;
  $defs?: Readonly<Record<string, Schema>>;
}

export type Kind = "text" | "long" | "number" | "switch" | "choice" | "texts" | "pairs" | "data";

/** A text that may be longer than this is written in several lines. */
const LONG = 300;

export function kindOf(schema: Schema): Kind {
  const told = plain(schema);
  if (told.enum) {
    return "choice";
  }
  if (told.type === "boolean") {
    return "switch";
  }
  if (told.type === "integer" || told.type === "number") {
    return "number";
  }
  if (told.type === "string") {
    return (told.maxLength ?? 0) > LONG ? "long" : "text";
  }
  if (told.type === "array" && told.items?.type === "string") {
    return "texts";
  }
  const values = told.additionalProperties;
  return told.type === "object" && typeof values === "object" && values.type === "string" ? "pairs" : "data";
}

/** Without the null that says that it may be empty. */
export function plain(schema: Schema): Schema {
  const some = schema.anyOf?.filter((each) => each.type !== "null") ?? [];
  return some.length === 1 && some[0] ? { ...some[0], description: schema.description, default: schema.default } : schema;
}

export function mayBeEmpty(schema: Schema): boolean {
  return schema.anyOf?.some((each) => each.type === "null") ?? false;
}

/** An options' schema as a provider declares it: its fields stand in its own definitions. */
export function optionsOf(declared: Schema | null): Readonly<Record<string, Schema>> {
  const named = declared?.$ref?.split("/").at(-1);
  const whole = named === undefined ? declared : declared?.$defs?.[named];
  return whole?.properties ?? {};
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_ms$/, "ms"],
  [/_s$/, "s"],
];

/** The unit that a field's name carries. */
export function unitOf(name: string): string {
  return UNITS.find(([suffix]) => suffix.test(name))?.[1] ?? "";
}
