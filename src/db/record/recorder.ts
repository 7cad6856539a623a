import {
  type ApplySettings,
  type Delivery,
  DeliveryError,
  quarantined,
  type Receipt,
} from '../../domain/journal/decide-batch.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import { CallboardError, unavailable } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { type Emit, type Events, UNOBSERVED } from '../../observe.ts';
import { isDataFault, sqlStateOf } from '../sql-state.ts';
import type { Store } from '../store.ts';
import { createStateCache, type StateCache } from '../tables/state-cache.ts';
import { createLongSessions } from './long-sessions.ts';
import { writeBatch } from './write-batch.ts';

/** A caller is answered within this time, with its receipt or with UNAVAILABLE. */
const DEADLINE_MS = 2_500;
/** What may wait; beyond it a caller is told at once to come back. */
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** What one transaction takes. */
const MAX_BATCH = 500;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

const LEFT_OUT =
  'a callback reported more accounts or transaction pages than a session holds (1,000 and 5,000): what is beyond is left out';

/** Where batches are told. */
export interface Outlet {
  /** A batch that adds these rows is about to be committed. One of the two that this gives is called, once. */
  announce(entries: readonly JournalEntry[]): Announced;
}

export interface Announced {
  /** It was committed, and its callers were answered. */
  committed(): void;
  /** It failed; whether it was committed is unknown. */
  abandoned(): void;
}

export interface RecorderOptions {
  readonly store: Store;
  readonly settings: Omit<ApplySettings, 'expectedStages'>;
  /** Told of each batch that adds rows; null where this process tells nobody. */
  readonly outlet: Outlet | null;
  /** What the writer knows of sessions; its own where none is given. */
  readonly cache?: StateCache;
  readonly log: Logger;
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

interface Caller {
  /** Judged anew where it alone breaks the batch. */
  delivery: Delivery;
  readonly deadline: number;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
  answered: boolean;
}

/**
 * Group commit: what arrives while a transaction is in flight forms the next one. No timer takes part, so an idle
 * gateway adds no wait.
 */
export function createRecorder({
  store,
  settings,
  outlet,
  log,
  emit = UNOBSERVED,
}: RecorderOptions): Recorder {
  const notifies = store.kind === 'postgres';
  const cache = createStateCache();
  const longSessions = createLongSessions(cache);
  /** Every caller without an answer, oldest first: those in flight, then those that wait. */
  let unanswered: Caller[] = [];
  let queue: Caller[] = [];
  let queuedBytes = 0;
  let running: Promise<void> | null = null;
  let closed = false;
  let recordedAt: number | null = null;
  let arrived = () => {};
  let clock: NodeJS.Timeout | null = null;

  function answer(caller: Caller, give: () => void): void {
    if (caller.answered) return;
    caller.answered = true;
    give();
  }

  function watchDeadlines(): void {
    if (clock !== null) return;
    const oldest = unanswered.find((caller) => !caller.answered);
    if (oldest === undefined) {
      unanswered = [];
      return;
    }
    clock = setTimeout(
      () => {
        clock = null;
        const now = performance.now();
        for (const caller of unanswered) {
          if (caller.deadline > now) break;
          answer(caller, () => caller.reject(unavailable('The callback could not be recorded in time.')));
        }
        unanswered = unanswered.filter((caller) => !caller.answered);
        watchDeadlines();
      },
      Math.max(1, oldest.deadline - performance.now()),
    );
  }

  function takeBatch(): Caller[] {
    const unansweredYet = queue.filter((caller) => !caller.answered);
    const { now: waiting, later } = closed
      ? { now: unansweredYet, later: [] }
      : longSessions.sort(unansweredYet, (caller) => caller.delivery);
    let bytes = 0;
    const size = waiting.findIndex((caller, index) => {
      bytes += caller.delivery.body.byteLength;
      return index > 0 && (index >= MAX_BATCH || bytes > MAX_BATCH_BYTES);
    });
    const batch = size === -1 ? [...waiting] : waiting.slice(0, size);
    queue = [...(size === -1 ? [] : waiting.slice(size)), ...later];
    queuedBytes = queue.reduce((sum, caller) => sum + caller.delivery.body.byteLength, 0);
    return batch;
  }

  async function run(): Promise<void> {
    // What else arrives in this turn of the event loop comes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const restMs = closed ? 0 : longSessions.restMs();
      if (restMs > 0 && longSessions.sort(queue, (caller) => caller.delivery).now.length === 0) {
        await nextArrival(restMs);
        continue;
      }
      let batch: readonly Caller[] | null = null;
      await writeAll(() => {
        batch ??= takeBatch();
        return batch;
      });
      unanswered = unanswered.filter((caller) => !caller.answered);
    }
    running = null;
  }

  /** Until something else arrives, and for so many milliseconds at most. */
  async function nextArrival(atMostMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, atMostMs);
      arrived = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    arrived = () => {};
  }

  /**
   * Writes the callers' deliveries; those that break a batch are set apart, so that they fail alone.
   * @param take gives the callers, the same at each call; called as late as can be, so that who comes while the
   *   transaction begins comes along
   */
  async function writeAll(take: () => readonly Caller[]): Promise<void> {
    const announced: Announced[] = [];
    try {
      const began = performance.now();
      emit.batchBegan?.({ waiting: unanswered.length });
      const { receipts, entries, states, leftOut, stamp } = await store.write(async (tx) => {
        const deliveries = take().map((caller) => caller.delivery);
        const written = await writeBatch(tx, deliveries, {
          settings,
          cache,
          connections: store.connections,
          emit,
          notifies,
        });
        emit.batchWritten?.({ callbacks: deliveries.length, rows: written.entries.length });
        if (outlet !== null && written.entries.length > 0) announced.push(outlet.announce(written.entries));
        return written;
      });
      for (const session of states.sessions) cache.keep(session, stamp);
      recordedAt = performance.now();
      const ms = recordedAt - began;
      longSessions.wrote(
        take().map((caller) => caller.delivery),
        ms,
      );
      for (const row of leftOut) log.warn(row, LEFT_OUT);
      emit.batchCommitted?.({ callbacks: take().length, rows: entries.length, ms });
      take().forEach((caller, index) => {
        const receipt = receipts[index];
        if (receipt !== undefined) answer(caller, () => caller.resolve(receipt));
      });
      // Answers go out before the fan-out takes the thread.
      await new Promise((resolve) => setImmediate(resolve));
      emit.batchAnswered?.({ callbacks: take().length });
      for (const batch of announced) batch.committed();
    } catch (error) {
      cache.clear();
      for (const batch of announced) batch.abandoned();
      await settleFailure(take(), error);
    }
  }

  async function settleFailure(callers: readonly Caller[], error: unknown): Promise<void> {
    const [first] = callers;
    emit.batchFailed?.({ callbacks: callers.length, cause: causeOf(error) });
    if (error instanceof DeliveryError) {
      const broken = callers[error.index];
      log.error({ err: error.cause }, 'a callback could not be applied: its sender is told to try again');
      if (broken !== undefined)
        answer(broken, () => broken.reject(unavailable('The callback could not be recorded.', error)));
      const rest = callers.filter((caller) => caller !== broken);
      if (rest.length > 0) await writeAll(() => rest);
    } else if (isDataFault(error) && callers.length > 1) {
      const half = Math.ceil(callers.length / 2);
      const [former, latter] = [callers.slice(0, half), callers.slice(half)];
      await writeAll(() => former);
      await writeAll(() => latter);
    } else if (isDataFault(error) && first?.delivery.parsed.ok) {
      first.delivery = quarantined(first.delivery, {
        reason: 'store: the store refuses what this callback holds',
        path: '',
      });
      await writeAll(() => callers);
    } else {
      emit.storeFailed?.({ during: 'write', sqlState: sqlStateOf(error) });
      log.error(
        { err: error },
        'a batch of callbacks could not be recorded: their senders are told to try again',
      );
      for (const caller of callers) {
        answer(caller, () =>
          caller.reject(
            error instanceof CallboardError ? error : unavailable('The store cannot be reached.', error),
          ),
        );
      }
    }
  }

  return {
    record(delivery) {
      if (closed) return Promise.reject(unavailable('The gateway is stopping.'));
      if (queue.length >= MAX_WAITING || queuedBytes >= MAX_WAITING_BYTES) {
        return Promise.reject(unavailable('Too many callbacks are waiting.'));
      }
      return new Promise((resolve, reject) => {
        const caller: Caller = {
          delivery,
          deadline: performance.now() + DEADLINE_MS,
          resolve,
          reject,
          answered: false,
        };
        queue.push(caller);
        arrived();
        unanswered.push(caller);
        queuedBytes += delivery.body.byteLength;
        watchDeadlines();
        running ??= run();
      });
    },
    get recordedAt() {
      return recordedAt;
    },
    get waiting() {
      return unanswered.length;
    },
    get waitedMs() {
      const oldest = unanswered.find((caller) => !caller.answered);
      return oldest === undefined ? 0 : performance.now() - oldest.deadline + DEADLINE_MS;
    },
    async close() {
      closed = true;
      arrived();
      await running;
      if (clock !== null) clearTimeout(clock);
    },
  };
}

function causeOf(error: unknown): Events['batchFailed']['cause'] {
  if (error instanceof DeliveryError) return 'callback';
  return isDataFault(error) ? 'data' : 'store';
}
