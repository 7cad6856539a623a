import type { Delivery, Receipt } from '../../domain/journal/decide-batch.ts';
import { unavailable } from '../../errors.ts';
import { type Emit, UNOBSERVED } from '../../observe.ts';
import { createStateCache, type StateCache } from '../tables/state-cache.ts';
import type { StatesInMemory } from '../tables/state-memory.ts';
import { type Answer, type BatchWriterOptions, createBatchWriter } from './batch-writer.ts';
import { type Caller, createCallerQueue } from './caller-queue.ts';
import { createLongSessions } from './long-sessions.ts';

export interface RecorderOptions extends Pick<BatchWriterOptions, 'store' | 'settings' | 'outlet' | 'log'> {
  /** What the writer knows of the store; its own where none is given. */
  readonly cache?: StateCache;
  /** What reads use; null where nothing is read for viewers. */
  readonly memory?: StatesInMemory | null;
  readonly emit?: Emit;
}

/** Keeps callbacks. The only writer of this process. */
export interface Recorder {
  /**
   * Resolves after COMMIT. Rejects with UNAVAILABLE where the store does not answer, the queue is full, 2.5 s are
   * over or the recorder is closed: the callback may then have been kept or not, and sending it again is safe.
   */
  record(delivery: Delivery): Promise<Receipt>;
  /** When a batch was last committed, by `performance.now()`; null where none was. */
  readonly recordedAt: number | null;
  /** Deliveries that are not answered yet. */
  readonly waiting: number;
  /** For how long the oldest of them has waited, in milliseconds; 0 where there is none. */
  readonly waitedMs: number;
  /** Takes no more, and resolves when all that it took is answered and published. */
  close(): Promise<void>;
}

/**
 * Group commit: what arrives while a transaction is in flight forms the next one. No timer takes part, so an idle
 * gateway adds no wait. One batch is in flight at a time (docs/decisions/0032); the callers of the one before are answered
 * meanwhile.
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const { cache = createStateCache(), memory = null, emit = UNOBSERVED } = options;
  const longSessions = createLongSessions(cache);
  const queue = createCallerQueue(longSessions);
  let running: Promise<void> | null = null;
  let closed = false;
  let recordedAt: number | null = null;
  const write = createBatchWriter({
    ...options,
    cache,
    memory,
    emit,
    waiting: () => queue.waiting,
    onCommitted(callers, tookMs) {
      recordedAt = performance.now();
      longSessions.wrote(
        callers.map(({ delivery }) => delivery),
        tookMs,
      );
    },
  });

  async function run(): Promise<void> {
    // What else arrives in this turn of the event loop comes along.
    await new Promise((resolve) => setImmediate(resolve));
    /** Of the last batch, until its callers are answered. */
    let answer: Answer | null = null;
    const answerLast = async () => {
      await answer?.();
      answer = null;
      queue.removeAnswered();
    };
    while (!queue.isEmpty || answer !== null) {
      const restMs = closed ? 0 : longSessions.restMs();
      const rests = restMs > 0 && queue.hasLongSessionsOnly();
      // Answering takes a turn, in which others may come: then all is looked at again.
      if (queue.isEmpty || (rests && answer !== null)) await answerLast();
      else if (rests) await queue.nextArrival(restMs);
      else {
        let batch: readonly Caller[] | null = null;
        const writing = write(() => {
          batch ??= queue.takeBatch();
          return batch;
        });
        // The last batch is committed: its callers are answered while the store is at work on this one.
        await answerLast();
        answer = await writing;
      }
    }
    running = null;
  }

  return {
    record(delivery) {
      if (closed) return Promise.reject(unavailable('The gateway is stopping.'));
      const receipt = queue.add(delivery);
      running ??= run();
      return receipt;
    },
    get recordedAt() {
      return recordedAt;
    },
    get waiting() {
      return queue.waiting;
    },
    get waitedMs() {
      return queue.waitedMs;
    },
    async close() {
      closed = true;
      queue.release();
      await running;
      queue.close();
    },
  };
}
