/** What a heartbeat keeps alive. */
interface Pingable {
  /** Called once in each interval. */
  ping(): void;
}

/** One timer for all connections: each is pinged once in an interval, and their pings are spread over it. */
export interface Heartbeat {
  add(connection: Pingable): void;
  delete(connection: Pingable): void;
  /** Stops the timer. */
  close(): void;
}

/** The timer fires so often in an interval. */
const TICKS = 24;

export function createHeartbeat(intervalMs: number): Heartbeat {
  /** The tick of each one's next ping, in rising order: a Map keeps the order of insertion. */
  const nextTicks = new Map<Pingable, number>();
  let tick = 0;
  const timer = setInterval(pingDue, intervalMs / TICKS).unref();

  function pingDue(): void {
    tick += 1;
    for (const [connection, due] of nextTicks) {
      if (due > tick) return;
      nextTicks.delete(connection);
      nextTicks.set(connection, due + TICKS);
      connection.ping();
    }
  }

  return {
    add: (connection) => void nextTicks.set(connection, tick + TICKS),
    delete: (connection) => void nextTicks.delete(connection),
    close() {
      clearInterval(timer);
      nextTicks.clear();
    },
  };
}
