import type { Delivery, Receipt } from '../../domain/journal/decide-batch.ts';
import { unavailable } from '../../errors.ts';
import type { LongSessions } from './long-sessions.ts';

/** A caller is answered within this time, with its receipt or with UNAVAILABLE. */
const DEADLINE_MS = 2_500;
/** What may wait; beyond it a caller is rejected at once. */
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** What one transaction takes. */
const MAX_BATCH = 500;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** Who sent a delivery and awaits its receipt. Answered once: what comes later is ignored. */
export interface Caller {
  /** Replaced by a quarantined one where it alone breaks the batch. */
  delivery: Delivery;
  readonly isAnswered: boolean;
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

/** Callers in the order in which they came, each with its deadline. */
export interface CallerQueue {
  /** Resolves or rejects as its caller is answered: at the deadline with UNAVAILABLE, and at once where the queue is full. */
  add(delivery: Delivery): Promise<Receipt>;
  /** Whether no caller waits for its batch. */
  readonly isEmpty: boolean;
  /** Whether all that wait alter long sessions. */
  hasLongSessionsOnly(): boolean;
  /** Takes the callers of the next batch out of the queue. */
  takeBatch(): readonly Caller[];
  /** Lets go of the callers that were answered. */
  removeAnswered(): void;
  /** Resolves when another caller comes or `release` is called, and after so many milliseconds at most. */
  nextArrival(maxMs: number): Promise<void>;
  /** Callers without an answer, of which some may be in a batch already. */
  readonly waiting: number;
  /** For how long the oldest of them has waited, in milliseconds; 0 where there is none. */
  readonly waitedMs: number;
  /** From now on nothing waits for the long sessions' turn. */
  release(): void;
  /** Ends the watch over deadlines. */
  close(): void;
}

export function createCallerQueue(longSessions: Pick<LongSessions, 'sort'>): CallerQueue {
  /** Every caller without an answer, oldest first: those in flight, then those that wait. */
  let unanswered: QueuedCaller[] = [];
  let queue: QueuedCaller[] = [];
  let queuedBytes = 0;
  let timer: NodeJS.Timeout | null = null;
  let isReleased = false;
  let arrived = () => {};

  function watchDeadlines(): void {
    if (timer !== null) return;
    const oldest = unanswered.find((caller) => !caller.isAnswered);
    if (oldest === undefined) {
      unanswered = [];
      return;
    }
    timer = setTimeout(rejectLate, Math.max(1, oldest.deadline - performance.now()));
  }

  function rejectLate(): void {
    timer = null;
    const now = performance.now();
    for (const caller of unanswered) {
      if (caller.deadline > now) break;
      caller.reject(unavailable('The callback could not be recorded in time.'));
    }
    removeAnswered();
    watchDeadlines();
  }

  function removeAnswered(): void {
    unanswered = unanswered.filter((caller) => !caller.isAnswered);
  }

  return {
    add(delivery) {
      if (queue.length >= MAX_WAITING || queuedBytes >= MAX_WAITING_BYTES) {
        return Promise.reject(unavailable('Too many callbacks are waiting.'));
      }
      return new Promise((resolve, reject) => {
        const caller = new QueuedCaller(delivery, performance.now() + DEADLINE_MS, resolve, reject);
        queue.push(caller);
        unanswered.push(caller);
        queuedBytes += delivery.body.byteLength;
        arrived();
        watchDeadlines();
      });
    },
    get isEmpty() {
      return queue.every(({ isAnswered }) => isAnswered);
    },
    hasLongSessionsOnly: () => longSessions.sort(queue, deliveryOf).now.length === 0,
    takeBatch() {
      const due = queue.filter((caller) => !caller.isAnswered);
      const sorted = isReleased ? { now: due, later: [] } : longSessions.sort(due, deliveryOf);
      const size = sizeOfBatch(sorted.now);
      queue = [...sorted.now.slice(size), ...sorted.later];
      queuedBytes = queue.reduce((sum, { delivery }) => sum + delivery.body.byteLength, 0);
      return sorted.now.slice(0, size);
    },
    removeAnswered,
    async nextArrival(maxMs) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, maxMs);
        arrived = () => {
          clearTimeout(late);
          resolve();
        };
      });
      arrived = () => {};
    },
    get waiting() {
      return unanswered.length;
    },
    get waitedMs() {
      const oldest = unanswered.find((caller) => !caller.isAnswered);
      return oldest === undefined ? 0 : performance.now() - oldest.deadline + DEADLINE_MS;
    },
    release() {
      isReleased = true;
      arrived();
    },
    close() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

class QueuedCaller implements Caller {
  delivery: Delivery;
  readonly deadline: number;
  isAnswered = false;
  readonly #resolve: (receipt: Receipt) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    delivery: Delivery,
    deadline: number,
    resolve: (receipt: Receipt) => void,
    reject: (error: unknown) => void,
  ) {
    this.delivery = delivery;
    this.deadline = deadline;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  resolve(receipt: Receipt): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.#resolve(receipt);
  }

  reject(error: unknown): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.#reject(error);
  }
}

const deliveryOf = (caller: Caller): Delivery => caller.delivery;

/** How many of the first callers one transaction takes: one at least. */
function sizeOfBatch(callers: readonly Caller[]): number {
  let bytes = 0;
  const size = callers.findIndex(({ delivery }, index) => {
    bytes += delivery.body.byteLength;
    return index > 0 && (index >= MAX_BATCH || bytes > MAX_BATCH_BYTES);
  });
  return size === -1 ? callers.length : size;
}
