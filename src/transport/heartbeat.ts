/** What a heartbeat keeps alive. */
export interface Beating {
  /** Called once in each interval. */
  ping(): void;
}

/** One timer for all connections: each is called once in an interval, and they are spread over it. */
export interface Heartbeat<T extends Beating> {
  add(beating: T): void;
  delete(beating: T): void;
  close(): void;
}

const SLOTS = 24;

/** `tick` is called SLOTS times in an interval, whatever there is to keep alive. */
export function createHeartbeat<T extends Beating>(intervalMs: number, tick?: () => void): Heartbeat<T> {
  const slots = Array.from({ length: SLOTS }, () => new Set<T>());
  let now = 0;
  const slotAt = (place: number): Set<T> => slots[place % SLOTS] ?? new Set();
  const timer = setInterval(() => {
    now += 1;
    for (const beating of slotAt(now)) beating.ping();
    tick?.();
  }, intervalMs / SLOTS).unref();
  return {
    // The slot that was called last: its next call is a whole interval away.
    add: (beating) => void slotAt(now).add(beating),
    delete(beating) {
      for (const slot of slots) if (slot.delete(beating)) return;
    },
    close() {
      clearInterval(timer);
      for (const slot of slots) slot.clear();
    },
  };
}
