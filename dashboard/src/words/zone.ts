/** The time zone in which the pages tell times: this browser's, unless another was chosen in it. */

const KEY = "rapida.zone";

export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const ZONE = known(localStorage.getItem(KEY)) ?? OWN_ZONE;

/** Takes hold with the page loaded anew: every time on it is told anew. */
export function chooseZone(zone: string): void {
  if (zone === OWN_ZONE) {
    localStorage.removeItem(KEY);
  } else {
    localStorage.setItem(KEY, zone);
  }
  window.location.reload();
}

/** The beginning of a day in the zone, so many days from that of `at`. */
export function midnight(at: Date, days = 0): Date {
  const { year, month, day } = fields(at);
  const asUtc = Date.UTC(year, month - 1, day + days);
  const near = asUtc - offsetMs(new Date(asUtc));
  // The clocks may change between midnight UTC and the zone's own.
  return new Date(asUtc - offsetMs(new Date(near)));
}

const FORMAT = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });

function fields(at: Date): Record<"year" | "month" | "day" | "hour" | "minute" | "second", number> {
  return Object.fromEntries(FORMAT.formatToParts(at).map((part) => [part.type, Number(part.value)])) as ReturnType<typeof fields>;
}

/** How far the zone's clocks are ahead of UTC. */
function offsetMs(at: Date): number {
  const now = fields(at);
  return Date.UTC(now.year, now.month - 1, now.day, now.hour, now.minute, now.second) - Math.floor(at.getTime() / 1000) * 1000;
}

function known(zone: string | null): string | undefined {
  try {
    return zone === null ? undefined : Intl.DateTimeFormat("en-GB", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
