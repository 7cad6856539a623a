import type { JournalEntry } from '../domain/journal/entry.ts';
import type { Logger } from '../logger.ts';
import type { PubSub } from './pub-sub.ts';
import type { Topic } from './topics.ts';

/** What joins the relay to this instance's subscriptions: the relay publishes, gapless and in position order. */
export type Hub = PubSub<Topic, JournalEntry>;

type Listener = (entry: JournalEntry) => void;

/**
 * In memory: `publish` calls the listeners before it returns. It holds no queue (each subscription has its own,
 * bounded) and nothing of a listener that has left.
 */
export function createHub({ log }: { readonly log: Pick<Logger, 'error'> }): Hub {
  const listeners = new Map<Topic, Set<Listener>>();
  const resetListeners = new Set<() => void>();
  let size = 0;
  let isDisposed = false;

  return {
    publish(topic, entry) {
      const subscribed = listeners.get(topic);
      if (subscribed === undefined) return;
      for (const listener of subscribed) {
        try {
          listener(entry);
        } catch (err) {
          log.error({ err, position: entry.position }, 'a listener failed; the others received the entry');
        }
      }
    },
    subscribe(topic, listener) {
      if (isDisposed) return () => {};
      // A function of its own, so that one listener may subscribe twice and each subscription ends alone.
      const own: Listener = (entry) => listener(entry);
      const subscribed = listeners.get(topic) ?? new Set();
      listeners.set(topic, subscribed.add(own));
      size += 1;
      return () => {
        if (!subscribed.delete(own)) return;
        size -= 1;
        if (subscribed.size === 0 && listeners.get(topic) === subscribed) listeners.delete(topic);
      };
    },
    reset() {
      for (const listener of resetListeners) {
        try {
          listener();
        } catch (err) {
          log.error({ err }, 'a listener failed at a reset; the others were called');
        }
      }
    },
    onReset(listener) {
      if (isDisposed) return () => {};
      const own = () => listener();
      resetListeners.add(own);
      return () => {
        resetListeners.delete(own);
      };
    },
    dispose() {
      isDisposed = true;
      // Each set as well: a publish that is under way delivers nothing more.
      for (const subscribed of listeners.values()) subscribed.clear();
      listeners.clear();
      resetListeners.clear();
      size = 0;
    },
    get size() {
      return size;
    },
    get topics() {
      return listeners.size;
    },
  };
}
