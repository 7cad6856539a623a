import { asc } from 'drizzle-orm';
import { expect } from 'vitest';
import { parseCallback } from '../../../src/callbacks/parse/parse.ts';
import type { Config } from '../../../src/config/config.ts';
import { readAgain } from '../../../src/db/journal/journal.ts';
import { openStore } from '../../../src/db/open.ts';
import { banks, callbacks, payments, sessions, store as storeTable } from '../../../src/db/schema.ts';
import type { Db } from '../../../src/db/store.ts';
import { toJournalRow, toPayment, toSession } from '../../../src/db/tables/rows.ts';
import type { JournalRow } from '../../../src/domain/journal/row.ts';
import { derivePayment, foldPayment } from '../../../src/domain/payment/fold.ts';
import type { Payment } from '../../../src/domain/payment/payment.ts';
import { foldSession } from '../../../src/domain/session/fold.ts';
import { deriveSession } from '../../../src/domain/session/outcome.ts';
import type { Session } from '../../../src/domain/session/session.ts';
import { createLogger } from '../../../src/logger.ts';

/** All that a store holds. */
export interface Tables {
  readonly position: number;
  readonly rows: readonly JournalRow[];
  readonly sessions: ReadonlyMap<string, Session>;
  readonly payments: ReadonlyMap<string, Payment>;
  readonly bankIds: readonly string[];
}

/** Reads a store that no gateway has open (on PostgreSQL one may). */
export async function readStore(config: Config): Promise<Tables> {
  const { databaseUrl, dataDir } = config;
  const log = createLogger({ level: 'silent' });
  const store = await openStore({ databaseUrl, dataDir, pooled: false, log });
  try {
    return await readTables(store.db);
  } finally {
    await store.close();
  }
}

export async function readTables(db: Db): Promise<Tables> {
  const [head] = await db.select().from(storeTable);
  const journal = await db.select().from(callbacks).orderBy(asc(callbacks.position));
  const sessionRows = await db.select().from(sessions);
  const paymentRows = await db.select().from(payments);
  const bankRows = await db.select().from(banks);
  return {
    position: head?.position ?? -1,
    rows: journal.map(toJournalRow),
    sessions: new Map(sessionRows.map((row) => [row.sessionId, toSession(row)])),
    payments: new Map(paymentRows.map((row) => [row.paymentId, toPayment(row)])),
    bankIds: bankRows.map(({ bankId }) => bankId),
  };
}

/**
 * Holds a store against the pure fold of its own journal, row for row: versions, positions and times too. And the
 * journal against itself: positions without a gap, up to the store's.
 */
export function expectTheFold(
  { position, rows, sessions: storedSessions, payments: storedPayments, bankIds }: Tables,
  { expectedStages }: Pick<Config, 'expectedStages'>,
): void {
  expect(rows.map((row) => row.position)).toEqual(rows.map((_, index) => index + 1));
  expect(position).toBe(rows.length);
  const folded = { sessions: new Map<string, Session>(), payments: new Map<string, Payment>() };
  const met = new Set<string>();
  for (const row of rows) {
    if (row.outcome === 'QUARANTINED') continue;
    const callback = readAgain(row, parseCallback);
    met.add(callback.bank.bankId);
    if (callback.kind === 'PAYMENT') {
      const { paymentId } = callback;
      const { state, changed } = foldPayment(folded.payments.get(paymentId) ?? null, { ...row, callback });
      folded.payments.set(paymentId, derivePayment(state));
      expect(row.changed).toEqual(changed);
    } else {
      const { sessionId } = callback;
      const { state, changed } = foldSession(folded.sessions.get(sessionId) ?? null, { ...row, callback });
      folded.sessions.set(sessionId, deriveSession(state, expectedStages));
      expect(row.changed).toEqual(changed);
      expect(row.version).toBe(state.version);
    }
  }
  expect(storedSessions).toEqual(folded.sessions);
  expect(storedPayments).toEqual(folded.payments);
  expect([...bankIds].sort()).toEqual([...met].sort());
}
