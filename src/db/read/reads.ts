import type { Head } from '../../domain/catch-up.ts';
import { PAYMENT_FILTER, type PaymentFilter } from '../../domain/payment/filter.ts';
import type { Payment } from '../../domain/payment/payment.ts';
import { PAYMENT } from '../../domain/payment/subject.ts';
import { SESSION_FILTER, type SessionFilter } from '../../domain/session/filter.ts';
import type { Session } from '../../domain/session/session.ts';
import { DEFAULT_STALLED_AFTER_MS, quietTo, type Silence } from '../../domain/session/silence.ts';
import { SESSION } from '../../domain/session/subject.ts';
import { payments, sessions } from '../schema.ts';
import type { Store } from '../store.ts';
import { toPayment, toSession } from '../tables/rows.ts';
import { createStatesInMemory, type StatesInMemory } from '../tables/state-memory.ts';
import { type BankHealthRead, createBankHealth } from './bank-health.ts';
import { type BankList, createBankList } from './bank-list.ts';
import { type BankReads, createBankReads } from './bank-reads.ts';
import { createFactReads, type FactReads } from './fact-reads.ts';
import { createHeadRead } from './head-read.ts';
import { createJournalReads, type JournalReads } from './journal-reads.ts';
import { createOverviewRead, type OverviewRead } from './overview-read.ts';
import { createReadQueue, unqueued } from './read-queue.ts';
import { createSessionCallbacks, type SessionCallbacks } from './session-callbacks.ts';
import { createStateReads, type StateReads, stateStatements } from './state-reads.ts';
import { PAYMENT_TABLE, SESSION_TABLE } from './state-table.ts';

/**
 * All reads on behalf of a viewer. Similar reads of one turn of the event loop share one statement (batch-loader.ts).
 * Each read sends a statement that checks ownership and finds the rows as they are, so a read sent after a callback's 200
 * sees that callback, at any instance; states that it finds unchanged come from memory (db/tables/state-memory.ts). Ids that no row can have (domain/ids.ts) are not found.
 *
 * A cache can wrap it: an object with the same members that forwards what it does not hold.
 */
export interface Reads {
  head(): Promise<Head>;
  readonly sessions: StateReads<Session, SessionFilter>;
  readonly payments: StateReads<Payment, PaymentFilter>;
  readonly journal: JournalReads;
  readonly sessionCallbacks: SessionCallbacks;
  readonly facts: FactReads;
  readonly banks: BankReads;
  readonly bankList: BankList;
  readonly bankHealth: BankHealthRead;
  readonly overview: OverviewRead;
}

/**
 * @param silence from when on sessions count as stalled
 * @param memory shared with the recorder, which keeps there what it writes
 */
export function createReads(
  store: Pick<Store, 'db'> & Partial<Pick<Store, 'kind' | 'shortReads'>>,
  silence: Silence = { afterMs: DEFAULT_STALLED_AFTER_MS, now: Date.now },
  memory: StatesInMemory = createStatesInMemory(),
): Reads {
  const { db, shortReads = db } = store;
  const whenQuiet = () => quietTo(silence);
  const queue = store.kind === 'pglite' ? createReadQueue() : unqueued;
  return {
    head: createHeadRead(db, 'head'),
    sessions: createStateReads({
      subject: SESSION,
      states: SESSION_TABLE,
      statements: stateStatements({ db, shortReads }, SESSION_TABLE),
      toState: toSession,
      memory: memory.sessions,
      filter: SESSION_FILTER,
      filterColumns: {
        ...sessions,
        stalled: sessions.lastFactAt,
        search: [sessions.sessionId, sessions.externalId],
      },
      quietTo: whenQuiet,
      queue,
    }),
    payments: createStateReads({
      subject: PAYMENT,
      states: PAYMENT_TABLE,
      statements: stateStatements({ db, shortReads }, PAYMENT_TABLE),
      toState: toPayment,
      memory: memory.payments,
      filter: PAYMENT_FILTER,
      filterColumns: { ...payments, search: [payments.paymentId, payments.externalId] },
      quietTo: whenQuiet,
      queue,
    }),
    journal: createJournalReads(store, queue),
    sessionCallbacks: createSessionCallbacks(store, queue),
    facts: createFactReads(store, queue),
    banks: createBankReads(store, queue),
    bankList: createBankList(store, silence, queue),
    bankHealth: createBankHealth(store, silence, queue),
    overview: createOverviewRead(store, silence, queue),
  };
}
