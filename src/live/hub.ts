import type { JournalPlace } from '../domain/cursor.ts';
import type { JournalEntry } from '../domain/journal/entry.ts';
import type { Logger } from '../logger.ts';
import { type Topic, topicsOf } from './topics.ts';

export type Listener = (entry: JournalEntry) => void;

/**
 * This instance's pub/sub: plain callbacks by topic, called at once and in position order. It holds no queue (who
 * listens keeps its own, bounded) and nothing of a listener that has left.
 */
export interface Hub {
  /** Position of the newest entry published on this instance. */
  readonly position: number;
  /** The same with its fingerprint: what this instance knows of the journal. */
  readonly place: JournalPlace;
  /** How many listen now. */
  readonly size: number;
  /** How many topics are listened to now: none is kept without a listener. */
  readonly topics: number;
  /** Called by the relay only, gapless and in position order. A listener that throws hurts nobody else. */
  publish(entries: readonly JournalEntry[]): void;
  /** Calls `listener` with every later entry of the topic until the function returned is called. */
  subscribe(topic: Topic, listener: Listener): () => void;
  /** Says that everything up to `place` is past: at start, nobody can have listened to it. */
  advance(place: JournalPlace): void;
  /** Says that what was published is of a history that the store has no more: it goes on from `place`. */
  reset(place: JournalPlace): void;
  /** Calls `listener` at each reset until the function returned is called. */
  onReset(listener: () => void): () => void;
  /** Forgets every listener; whatever is published later reaches nobody. */
  close(): void;
}

export function createHub({ log }: { readonly log: Pick<Logger, 'error'> }): Hub {
  const listeners = new Map<Topic, Set<Listener>>();
  const resetListeners = new Set<() => void>();
  let place: JournalPlace = { position: 0, fingerprint: '' };
  let size = 0;
  let closed = false;

  function tell(listener: Listener, entry: JournalEntry): void {
    try {
      listener(entry);
    } catch (err) {
      log.error({ err, position: entry.position }, 'a listener failed; the others were told');
    }
  }

  return {
    get position() {
      return place.position;
    },
    get place() {
      return place;
    },
    get size() {
      return size;
    },
    get topics() {
      return listeners.size;
    },
    publish(entries) {
      for (const entry of entries) {
        const { position, fingerprint } = entry.row;
        // Not the row itself: its body would be kept.
        place = { position, fingerprint };
        if (size === 0) continue;
        for (const topic of topicsOf(entry)) {
          const here = listeners.get(topic);
          if (here !== undefined) for (const listener of here) tell(listener, entry);
        }
      }
    },
    subscribe(topic, listener) {
      if (closed) return () => undefined;
      // A listener of its own, so that one function may be handed over twice and leaves twice.
      const own: Listener = (entry) => listener(entry);
      const here = listeners.get(topic) ?? new Set();
      listeners.set(topic, here.add(own));
      size += 1;
      return () => {
        if (!here.delete(own)) return;
        size -= 1;
        if (here.size === 0 && listeners.get(topic) === here) listeners.delete(topic);
      };
    },
    advance(to) {
      if (to.position >= place.position) place = to;
    },
    reset(to) {
      place = to;
      for (const listener of resetListeners) {
        try {
          listener();
        } catch (err) {
          log.error({ err }, 'a listener failed to begin anew; the others were told');
        }
      }
    },
    onReset(listener) {
      resetListeners.add(listener);
      return () => {
        resetListeners.delete(listener);
      };
    },
    close() {
      closed = true;
      for (const here of listeners.values()) here.clear();
      listeners.clear();
      resetListeners.clear();
      size = 0;
    },
  };
}
