import { createHub, type Hub } from '../../src/live/hub.ts';

/** A pub/sub that delivers in a later turn of the event loop, as one over a network does. */
export function createLatePubSub(parts: Parameters<typeof createHub>[0]): Hub {
  const hub = createHub(parts);
  let inFlight: (() => void)[] = [];

  function deliver(): void {
    for (let next = inFlight.shift(); next !== undefined; next = inFlight.shift()) next();
  }

  return {
    publish(topic, entry) {
      if (inFlight.length === 0) setImmediate(deliver);
      inFlight.push(() => hub.publish(topic, entry));
    },
    reset() {
      inFlight = [];
      hub.reset();
    },
    subscribe: hub.subscribe,
    onReset: hub.onReset,
    dispose: hub.dispose,
    get size() {
      return hub.size;
    },
    get topics() {
      return hub.topics;
    },
  };
}
