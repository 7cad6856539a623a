import { and, asc, gt, inArray, lte } from 'drizzle-orm';
import type { Callback, Parsed, PaymentCallback, SessionCallback } from '../domain/callback.ts';
import type { JournalEntry, PaymentChange, SessionChange } from '../domain/changes.ts';
import { derivePayment, foldPayment } from '../domain/fold-payment.ts';
import { foldSession } from '../domain/fold-session.ts';
import type { JournalRow } from '../domain/journal.ts';
import { deriveSession } from '../domain/outcome.ts';
import type { Payment } from '../domain/payment.ts';
import type { Session } from '../domain/session.ts';
import type { StageName } from '../domain/words.ts';
import { toJournalRow } from './rows.ts';
import { callbacks, store as storeTable } from './schema.ts';
import type { Store } from './store.ts';

export interface JournalOptions {
  readonly store: Store;
  /** Reads a row's body again: the journal keeps what came, not what was made of it. */
  readonly parse: (body: Uint8Array) => Parsed;
  readonly expectedStages: readonly StageName[];
}

/** The journal, read back by the instances that did not write it. */
export interface Journal {
  /** The position of the last committed row. */
  position(): Promise<number>;
  /**
   * At most `limit` rows after `position`, in order, each with the very change that the writing instance told:
   * the fold is pure, so whoever reads the same rows sees the same before and after.
   */
  entriesAfter(position: number, limit: number): Promise<readonly JournalEntry[]>;
}

/** Reads rows back as the entries that were published. */
export function createJournal({ store, parse, expectedStages }: JournalOptions): Journal {
  return {
    async position() {
      const [row] = await store.db
        .select({ position: storeTable.position })
        .from(storeTable)
        .prepare('journal_position')
        .execute();
      return row?.position ?? 0;
    },
    async entriesAfter(position, limit) {
      const found = await store.db
        .select()
        .from(callbacks)
        .where(gt(callbacks.position, position))
        .orderBy(asc(callbacks.position))
        .limit(limit);
      const rows = found.map(toJournalRow);
      const replayer = createReplayer({ parse, expectedStages });
      for (const row of await historyOf(store, rows, position)) replayer.apply(row);
      return rows.map((row) => ({ position: row.position, row, change: replayer.apply(row) }));
    },
  };
}

/** All rows up to `position` of the sessions and payments that `rows` are about. */
async function historyOf(
  store: Store,
  rows: readonly JournalRow[],
  position: number,
): Promise<readonly JournalRow[]> {
  const ids = (pick: (row: JournalRow) => string | null) => [
    ...new Set(rows.map(pick).filter((id) => id !== null)),
  ];
  const of = async (
    column: typeof callbacks.sessionId | typeof callbacks.paymentId,
    values: readonly string[],
  ) =>
    values.length === 0
      ? []
      : store.db
          .select()
          .from(callbacks)
          .where(and(inArray(column, [...values]), lte(callbacks.position, position)))
          .orderBy(asc(callbacks.position));
  const [sessions, payments] = await Promise.all([
    of(
      callbacks.sessionId,
      ids((row) => row.sessionId),
    ),
    of(
      callbacks.paymentId,
      ids((row) => row.paymentId),
    ),
  ]);
  return [...sessions, ...payments].map(toJournalRow);
}

/** The fold over rows of many sessions and payments, keeping the newest state of each. */
export interface Replayer {
  /** The change the row made; null where it made none. Rows of one session or payment come in order of position. */
  apply(row: JournalRow): SessionChange | PaymentChange | null;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly payments: ReadonlyMap<string, Payment>;
}

/** Folds rows one by one. Throws where a row that was applied can no longer be read: the parser has lost something. */
export function createReplayer({ parse, expectedStages }: Omit<JournalOptions, 'store'>): Replayer {
  const sessions = new Map<string, Session>();
  const payments = new Map<string, Payment>();

  function applySession(row: JournalRow, callback: SessionCallback): SessionChange | null {
    const { position, receivedAt, attempt } = row;
    const before = sessions.get(callback.sessionId) ?? null;
    const { state, changed } = foldSession(before, { position, receivedAt, attempt, callback });
    const after = deriveSession(state, expectedStages);
    sessions.set(callback.sessionId, after);
    if (changed.length === 0) return null;
    const kind = callback.kind === 'SESSION_STATUS' ? 'STATUS' : callback.kind;
    return { of: 'session', position, kind, stage: callback.stage, before, after, changedAt: receivedAt };
  }

  function applyPayment(row: JournalRow, callback: PaymentCallback): PaymentChange | null {
    const { position, receivedAt } = row;
    const before = payments.get(callback.paymentId) ?? null;
    const { state, changed } = foldPayment(before, { position, receivedAt, callback });
    const after = derivePayment(state);
    payments.set(callback.paymentId, after);
    if (changed.length === 0) return null;
    return { of: 'payment', position, kind: 'STATUS', before, after, changedAt: receivedAt };
  }

  return {
    sessions,
    payments,
    apply(row) {
      if (row.outcome === 'QUARANTINED') return null;
      const callback = readAgain(row);
      return callback.kind === 'PAYMENT' ? applyPayment(row, callback) : applySession(row, callback);
    },
  };

  function readAgain(row: JournalRow): Callback {
    const parsed = parse(row.body);
    if (parsed.ok) return parsed.callback;
    throw new Error(`the callback at position ${row.position} was applied once and cannot be read any more`);
  }
}
