import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | null = null;

/**
 * The metrics of this process that prom-client has: processor time, memory, garbage collection, delays of the event
 * loop. They are of the process and not of a gateway, and prom-client never stops what measures them, a timer of 10 ms
 * and an observer of each collection: so they begin once, with the first gateway, and no gateway is held by them when it
 * has closed.
 */
export function processMetrics(): Registry {
  if (registry === null) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry;
}
