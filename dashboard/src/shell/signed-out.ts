/** Whether a request was answered 401 while a page was open. */

let value = false;
const listeners = new Set<() => void>();

export const signedOut = {
  get: (): boolean => value,
  set(now: boolean): void {
    value = now;
    for (const listener of listeners) {
      listener();
    }
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
