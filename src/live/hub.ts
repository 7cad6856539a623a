import type { JournalEntry } from '../domain/journal/entry.ts';
import type { Stalled } from '../domain/session/silence.ts';
import type { Logger } from '../logger.ts';
import type { PubSub } from './pub-sub.ts';
import type { Topic } from './topics.ts';

/** What is published: a row of the journal, or what the clock says of a session. */
export type Published = JournalEntry | Stalled;

/**
 * What joins the relay to this instance's subscriptions: the relay publishes, gapless and in position order. Between its
 * entries the clock publishes sessions that have stalled (stall-clock.ts).
 */
export type Hub = PubSub<Topic, Published>;

type Listener = (published: Published) => void;

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
    publish(topic, published) {
      const subscribed = listeners.get(topic);
      if (subscribed === undefined) return;
      for (const listener of subscribed) {
        try {
          listener(published);
        } catch (err) {
          const position = 'row' in published ? published.position : null;
          log.error({ err, position }, 'a listener failed; the others received the entry');
        }
      }
    },
    subscribe(topic, listener) {
      if (isDisposed) return () => {};
      // A function of its own, so that one listener may subscribe twice and each subscription ends alone.
      const own: Listener = (published) => listener(published);
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
