import type { JournalEntry } from '../domain/changes.ts';
import { createConflatingQueue } from './conflating-queue.ts';
import type { Hub } from './hub.ts';
import type { Message, Opening, Source } from './source.ts';

/** Subjects, or rows of the log, that one reader may have waiting. */
const LIMIT = 1_024;

/**
 * Reads one source alone, for whoever iterates it. It listens from the first `next` until `return`, which takes
 * effect at once even while a `next` is pending. Rejects once where the store fails or the reader is too slow.
 */
export function iterate<M extends Message>(hub: Hub, source: Source<M>): AsyncIterator<M> {
  const live = createConflatingQueue<JournalEntry>(LIMIT);
  const opening: M[] = [];
  let leave: (() => void) | null = null;
  let told: number | null = null;
  let reads: Promise<Opening<M>> | null = null;
  let wake: (() => void) | null = null;
  let ended = false;
  let overrun = false;

  function start(): void {
    leave = hub.subscribe(source.topic, (entry) => {
      if (!live.put(null, entry)) overrun = true;
      wake?.();
    });
    reads = source.open();
  }

  function end(): void {
    ended = true;
    leave?.();
    live.clear();
    opening.length = 0;
    wake?.();
  }

  async function next(): Promise<IteratorResult<M, undefined>> {
    if (leave === null && !ended) start();
    try {
      while (!ended) {
        const first = opening.shift();
        if (first !== undefined) return { done: false, value: first };
        if (overrun) throw new Error('a subscription was read too slowly');
        if (reads !== null) {
          const portion = await reads;
          source.learn(portion);
          opening.push(...portion.messages);
          told = portion.position;
          reads = portion.more ? portion.next() : null;
          continue;
        }
        const entry = live.take();
        if (entry === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        if (told !== null && entry.position <= told) continue;
        told = entry.position;
        const message = source.toMessage(entry);
        if (message !== null) return { done: false, value: message };
      }
    } catch (error) {
      end();
      throw error;
    }
    return { done: true, value: undefined };
  }

  return {
    next,
    async return() {
      end();
      return { done: true, value: undefined };
    },
  };
}
