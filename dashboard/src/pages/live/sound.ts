/** How loud both sides of a call were, of the last half minute, in slots of a tenth of a second. */

export const SLOT_MS = 100;
export const SHOWN_MS = 30_000;
const SLOTS = SHOWN_MS / SLOT_MS;
/** A gap in what is told that is filled with the last that was; longer ones were silence or a lost connection. */
const BRIDGED_SLOTS = 5;
/** From here on it is sound: a quiet voice on the telephone is at some -40 dBFS. */
const HEARD_DB = -55;
const LOUD_DB = -8;

export class Sound {
  private readonly caller = new Float32Array(SLOTS);
  private readonly agent = new Float32Array(SLOTS);
  private last = Number.NEGATIVE_INFINITY;
  /** When either side was last heard, on the page's clock. */
  heardMs: number;

  constructor(nowMs: number) {
    this.heardMs = nowMs;
  }

  hear(callerDb: number, agentDb: number, nowMs: number): void {
    const slot = Math.floor(nowMs / SLOT_MS);
    if (slot - this.last > BRIDGED_SLOTS) {
      this.forget(slot);
    }
    for (let each = Math.max(this.last + 1, slot - BRIDGED_SLOTS); each <= slot; each++) {
      this.caller[each % SLOTS] = loudness(callerDb);
      this.agent[each % SLOTS] = loudness(agentDb);
    }
    this.last = slot;
    if (Math.max(callerDb, agentDb) > HEARD_DB) {
      this.heardMs = nowMs;
    }
  }

  /** The louder of `many` slots from `slot` on, of the caller and of the agent, 0 to 1. */
  loud(slot: number, many: number): readonly [number, number] {
    let caller = 0;
    let agent = 0;
    for (let each = Math.max(slot, this.last - SLOTS + 1); each < slot + many && each <= this.last; each++) {
      caller = Math.max(caller, this.caller[each % SLOTS] ?? 0);
      agent = Math.max(agent, this.agent[each % SLOTS] ?? 0);
    }
    return [caller, agent];
  }

  private forget(upTo: number): void {
    for (let each = Math.max(this.last + 1, upTo - SLOTS + 1); each < upTo; each++) {
      this.caller[each % SLOTS] = 0;
      this.agent[each % SLOTS] = 0;
    }
  }
}

function loudness(db: number): number {
  return Math.max(0, Math.min(1, (db - HEARD_DB) / (LOUD_DB - HEARD_DB)));
}
