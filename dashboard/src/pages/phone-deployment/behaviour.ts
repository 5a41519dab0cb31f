/** A deployment's options as they are typed, and back. */
import type { DeploymentView } from "../../client";
import { type Options, optionsOf } from "./change";

export interface Typed {
  greeting: string;
  announcement: string;
  concurrent_calls: string;
  record: "" | "on" | "off";
  countries: string;
  max_duration_s: string;
  pinned_version: string;
  phone_number: string;
}

export function typedOf(deployment: DeploymentView): Typed {
  const options = optionsOf(deployment);
  return {
    greeting: options.greeting ?? "",
    announcement: options.announcement ?? "",
    concurrent_calls: options.concurrent_calls ? String(options.concurrent_calls) : "",
    record: options.record === undefined || options.record === null ? "" : options.record ? "on" : "off",
    countries: (options.countries ?? []).join(", "),
    max_duration_s: options.max_duration_s === undefined || options.max_duration_s === null ? "" : String(options.max_duration_s),
    pinned_version: options.pinned_version ? String(options.pinned_version) : "",
    phone_number: deployment.telephony.phone_number ?? "",
  };
}

/** undefined = as the assistant says. What is no number goes as it is: the API says what is wrong with it. */
export function asOptions(typed: Typed): Partial<Options> {
  const countries = typed.countries.toUpperCase().split(/[\s,;]+/).filter(Boolean);
  return {
    greeting: typed.greeting.trim() || undefined,
    announcement: typed.announcement.trim() || undefined,
    concurrent_calls: asNumber(typed.concurrent_calls),
    record: typed.record === "" ? undefined : typed.record === "on",
    countries: countries.length > 0 ? countries : undefined,
    max_duration_s: asNumber(typed.max_duration_s),
    pinned_version: asNumber(typed.pinned_version),
  };
}

function asNumber(text: string): number | undefined {
  const bare = text.trim();
  return bare === "" ? undefined : Number.isFinite(Number(bare)) ? Number(bare) : (bare as unknown as number);
}
