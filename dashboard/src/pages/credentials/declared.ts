/** The fields that a provider declares for its credential, read from its JSON Schema. */
import type { ProviderView } from "../../client";

export interface Declared {
  name: string;
  required: boolean;
  pattern: RegExp | null;
  maxLength: number | undefined;
}

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  properties?: Record<string, { pattern?: string; maxLength?: number }>;
  required?: string[];
}

export function fieldsOf(provider: ProviderView): Declared[] {
  const whole = (provider.credential ?? {}) as Schema;
  const schema = whole.$ref ? (whole.$defs?.[whole.$ref.split("/").at(-1) ?? ""] ?? {}) : whole;
  return Object.entries(schema.properties ?? {}).map(([name, told]) => ({
    name,
    required: schema.required?.includes(name) ?? false,
    pattern: told.pattern ? new RegExp(told.pattern) : null,
    maxLength: told.maxLength,
  }));
}

/** account_sid → Account SID */
export function labelOf(name: string): string {
  const words = name.replaceAll("_", " ").replace(/\b(sid|id|api)\b/g, (word) => word.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whether a field holds something that nobody should read over a shoulder. An account's name is none. */
export function isSecret(name: string): boolean {
  return !/^(account|account_sid|shared_key_id|header)$/.test(name);
}
