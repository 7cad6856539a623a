import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Applied,
  type ApplySettings,
  DeliveryError,
  quarantined,
} from '../../domain/journal/decide-batch.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { StateRows } from '../../domain/journal/state-fold.ts';
import { CallboardError, unavailable } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { Emit, Events } from '../../observe.ts';
import { isDataFault, sqlStateOf } from '../sql-state.ts';
import type { Store } from '../store.ts';
import type { CachedHead, StateCache } from '../tables/state-cache.ts';
import type { StatesInMemory } from '../tables/state-memory.ts';
import type { Caller } from './caller-queue.ts';
import { createTrust } from './trust.ts';
import { decidePresumed, presume, writeAtOnce } from './write-at-once.ts';
import { type Written, writeBatch } from './write-batch.ts';

const LEFT_OUT =
  'a callback reported more accounts or transaction pages than a session holds (1,000 and 5,000): the rest is left out';

/** Where batches are published. */
export interface Outlet {
  /** A batch that adds these rows is about to be committed. Of the two that this gives one is called, once. */
  announce(entries: readonly JournalEntry[]): Announced;
}

export interface Announced {
  /** It was committed, and its callers were answered. */
  committed(): void;
  /** It failed, and whether it was committed is unknown. Called after `committed` too, where that threw. */
  abandoned(): void;
}

export interface BatchWriterOptions {
  readonly store: Store;
  readonly settings: Omit<ApplySettings, 'expectedStages'>;
  /** Receives each batch that adds rows; null where this process publishes nothing. */
  readonly outlet: Outlet | null;
  readonly cache: StateCache;
  /** Gets each state that was committed, so that it is not read back for viewers. */
  readonly memory: StatesInMemory | null;
  readonly log: Logger;
  readonly emit: Emit;
  /** Callbacks that have no answer yet. */
  readonly waiting: () => number;
  /** Called when a batch was committed, before its callers are answered. */
  readonly onCommitted: (callers: readonly Caller[], tookMs: number) => void;
}

/**
 * Writes the callers' deliveries, and gives what answers every one of them after COMMIT. Where that fails all are answered
 * already: those that break a batch are set apart, so that they fail alone. Never rejects.
 * @param take gives the callers, the same at each call; called as late as can be, so that who comes while a
 *   transaction begins comes along
 */
export type WriteCallers = (take: () => readonly Caller[]) => Promise<Answer>;

/** Answers the callers of a batch, at once, and publishes it. Called once; resolves when both is done. Never rejects. */
export type Answer = () => Promise<void>;

const ANSWERED: Answer = () => Promise.resolve();

/**
 * Only one call may be under way at a time. The last batch's `Answer` may be called meanwhile, and what it gives has
 * resolved before the next call.
 */
export function createBatchWriter(options: BatchWriterOptions): WriteCallers {
  const { store, settings, outlet, cache, memory, log, emit, waiting, onCommitted } = options;
  const notifies = store.kind === 'postgres';
  const trust = createTrust();
  /** The batch under way. */
  let announced: Announced | null = null;

  function announce({ entries }: Applied): void {
    if (outlet !== null && entries.length > 0) announced = outlet.announce(entries);
  }

  function abandon(): void {
    announced?.abandoned();
    announced = null;
  }

  function publish(batch: Announced): void {
    try {
      batch.committed();
    } catch (err) {
      log.error({ err }, 'a batch of callbacks was kept, and could not be published here');
      batch.abandoned();
    }
  }

  /** With one statement, by what is known of the store; null where nothing was written that way. */
  async function writePresumed(take: () => readonly Caller[]): Promise<Written | null> {
    if (store.writeAtOnce === null || cache.head?.connections !== store.connections) return null;
    const deliveries = take().map(deliveryOf);
    const presumed = presume(deliveries, cache);
    if (presumed === null || !trust.allows(presumed.hasNew)) return null;
    const applied = decidePresumed(deliveries, presumed, settings);
    if (applied === null) return null;
    announce(applied);
    emit.journalWritten?.({ rows: applied.entries.length });
    try {
      const sent = store.writeAtOnce((db) => writeAtOnce(db, presumed, applied, notifies));
      emit.batchWritten?.({ callbacks: deliveries.length, rows: applied.entries.length });
      const head = await sent;
      trust.learn(presumed.hasNew, head !== null);
      if (head !== null) return { ...applied, head };
    } catch (error) {
      // The store refused the statement: nothing of it was written, and the other way says which delivery is at fault.
      if (!isDataFault(error)) throw error;
    }
    abandon();
    return null;
  }

  /** In a transaction that takes the writer's lock and reads first. */
  function writeLocked(take: () => readonly Caller[]): Promise<Written> {
    return store.write(async (tx) => {
      const deliveries = take().map(deliveryOf);
      const written = await writeBatch(tx, deliveries, {
        ...{ settings, cache, emit, notifies },
        connections: store.connections,
      });
      emit.batchWritten?.({ callbacks: deliveries.length, rows: written.entries.length });
      announce(written);
      return written;
    });
  }

  async function write(take: () => readonly Caller[]): Promise<Answer> {
    try {
      const began = performance.now();
      emit.batchBegan?.({ waiting: waiting() });
      const { receipts, entries, states, leftOut, head } =
        (await writePresumed(take)) ?? (await writeLocked(take));
      cache.head = head;
      for (const session of states.sessions) cache.keepSession(session, head.stamp);
      for (const bank of states.banks) cache.keepBank(bank, head.stamp);
      if (memory !== null) remember(memory, states, head);
      const callers = take();
      const ms = performance.now() - began;
      onCommitted(callers, ms);
      for (const row of leftOut) log.warn(row, LEFT_OUT);
      emit.batchCommitted?.({
        callbacks: callers.length,
        rows: entries.length,
        firstPosition: entries[0]?.position ?? null,
        ms,
      });
      const committed = announced;
      announced = null;
      return async () => {
        for (const [index, caller] of callers.entries()) {
          const receipt = receipts[index];
          if (receipt !== undefined) caller.resolve(receipt);
        }
        // Answers go out before the fan-out takes the thread.
        await nextTurn();
        emit.batchAnswered?.({ callbacks: callers.length });
        if (committed !== null) publish(committed);
      };
    } catch (error) {
      cache.clear();
      abandon();
      await settleFailure(take(), error);
      return ANSWERED;
    }
  }

  async function writeAndAnswer(callers: readonly Caller[]): Promise<void> {
    const answer = await write(() => callers);
    await answer();
  }

  async function settleFailure(callers: readonly Caller[], error: unknown): Promise<void> {
    const [first] = callers;
    emit.batchFailed?.({ callbacks: callers.length, cause: causeOf(error) });
    if (error instanceof DeliveryError) {
      const broken = callers[error.index];
      log.error(
        { err: error.cause },
        'a callback could not be applied: its sender is asked to send it again',
      );
      broken?.reject(unavailable('The callback could not be recorded.', error));
      const rest = callers.filter((caller) => caller !== broken);
      if (rest.length > 0) await writeAndAnswer(rest);
    } else if (isDataFault(error) && callers.length > 1) {
      const half = Math.ceil(callers.length / 2);
      const [former, latter] = [callers.slice(0, half), callers.slice(half)];
      await writeAndAnswer(former);
      await writeAndAnswer(latter);
    } else if (isDataFault(error) && first?.delivery.parsed.ok) {
      first.delivery = quarantined(first.delivery, {
        reason: 'store: the store refuses what this callback holds',
        path: '',
      });
      await writeAndAnswer(callers);
    } else {
      emit.storeFailed?.({ during: 'write', sqlState: sqlStateOf(error) });
      log.error(
        { err: error },
        'a batch of callbacks could not be recorded: their senders are asked to send them again',
      );
      const answer =
        error instanceof CallboardError ? error : unavailable('The store cannot be reached.', error);
      for (const caller of callers) caller.reject(answer);
    }
  }

  return write;
}

/** Every row of the batch has the stamp of the store's row. */
function remember(memory: StatesInMemory, { sessions, payments }: StateRows, { server, stamp }: CachedHead) {
  for (const session of sessions) memory.sessions.keep(server, session.sessionId, stamp, session);
  for (const payment of payments) memory.payments.keep(server, payment.paymentId, stamp, payment);
}

const deliveryOf = ({ delivery }: Caller) => delivery;

function causeOf(error: unknown): Events['batchFailed']['cause'] {
  if (error instanceof DeliveryError) return 'callback';
  return isDataFault(error) ? 'data' : 'store';
}
