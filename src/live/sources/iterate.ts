import type { JournalEntry } from '../../domain/journal/entry.ts';
import { createConflatingQueue } from '../conflating-queue.ts';
import type { Hub } from '../hub.ts';
import type { Message, Opening, Source } from './source.ts';

/** Subjects, or rows of the log, that one reader may have waiting. */
const LIMIT = 1_024;

/**
 * Reads one source alone, for whoever iterates it. It listens from the first `next` until `return`, which takes
 * effect at once even while a `next` is pending. Rejects once where the store fails.
 */
export function iterate<M extends Message>(hub: Hub, source: Source<M>): AsyncIterator<M> {
  const live = createConflatingQueue<JournalEntry>(LIMIT);
  const opening: M[] = [];
  let leave: (() => void) | null = null;
  /** Raised where all that was read or waits is of a history that the store has no more. */
  let history = 0;
  let told = 0;
  let missed = 0;
  let reads: Promise<Opening<M>> | null = null;
  let wake: (() => void) | null = null;
  let ended = false;

  function start(): void {
    const unsubscribe = hub.subscribe(source.topic, (entry) => {
      // What finds no place is read from the store instead.
      if (!live.put(null, entry)) missed = entry.position;
      wake?.();
    });
    const stopListening = hub.onReset(beginAnew);
    leave = () => {
      unsubscribe();
      stopListening();
    };
    reads = source.open();
  }

  function beginAnew(): void {
    history += 1;
    live.clear();
    opening.length = 0;
    told = 0;
    missed = 0;
    source.unlearn();
    reads = source.reopen();
    // Whoever iterates may not be there to take a failure before it happens.
    reads.catch(() => {});
    wake?.();
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
        if (reads !== null) {
          const begun = history;
          const portion = await reads.catch((error: unknown) => {
            if (begun === history) throw error;
            return null;
          });
          if (portion === null || begun !== history) continue;
          source.learn(portion);
          opening.push(...portion.messages);
          told = portion.position;
          reads = portion.more ? source.resume(told) : null;
          continue;
        }
        const entry = live.take();
        if (entry === undefined && missed > told) {
          reads = source.resume(told);
          continue;
        }
        if (entry === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        if (entry.position <= told) continue;
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
