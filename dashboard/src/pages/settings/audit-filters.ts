/** What the audit is asked for; it stands in the address. */
export interface AuditFilters {
  action?: string;
  actor?: string;
  subject?: string;
}

const WORD = /^[a-z_]+([.:][a-z0-9_]+)?$/;

export function readAuditFilters(search: Record<string, unknown>): AuditFilters {
  const names = ["action", "actor", "subject"] as const;
  return Object.fromEntries(names.filter((name) => WORD.test(String(search[name] ?? ""))).map((name) => [name, String(search[name])]));
}
