import { parseCallback } from '../../../src/callbacks/parse/parse.ts';
import {
  type ApplySettings,
  applyBatch,
  checkOwners,
  type Delivery,
  type Receipt,
} from '../../../src/domain/journal/decide-batch.ts';
import type { JournalRow } from '../../../src/domain/journal/row.ts';
import type { StoredBank } from '../../../src/domain/journal/state-fold.ts';
import type { Payment } from '../../../src/domain/payment/payment.ts';
import type { Session } from '../../../src/domain/session/session.ts';
import type { Wire } from '../builders/histories.ts';

/** What tests apply callbacks with unless they say otherwise: the defaults of docs/configuration.md. */
export const DEFAULTS: ApplySettings = {
  restartQuietMs: 30_000,
  expectedStages: ['AUTHENTICATION', 'ACCOUNTS', 'TRANSACTIONS'],
};

/** The journal and the fold without any store beneath: what every store must come to. */
export interface MemoryStore {
  /** Applies one batch, as the recorder would within one transaction. */
  apply(deliveries: readonly Delivery[]): readonly Receipt[];
  readonly rows: readonly JournalRow[];
  readonly sessions: ReadonlyMap<string, Session>;
  readonly payments: ReadonlyMap<string, Payment>;
}

export function createMemoryStore(settings: ApplySettings = DEFAULTS): MemoryStore {
  const rows: JournalRow[] = [];
  const sessions = new Map<string, Session>();
  const payments = new Map<string, Payment>();
  const banks = new Map<string, StoredBank>();
  return {
    rows,
    sessions,
    payments,
    apply(deliveries) {
      const states = {
        sessions: [...sessions.values()],
        payments: [...payments.values()],
        banks: [...banks.values()],
      };
      const checked = checkOwners(deliveries, states);
      const head = { position: rows.length, fingerprint: rows.at(-1)?.fingerprint ?? '' };
      const applied = applyBatch(checked, { ...head, states, keys: rows }, settings);
      rows.push(...applied.entries.map(({ row }) => row));
      for (const session of applied.states.sessions) sessions.set(session.sessionId, session);
      for (const payment of applied.states.payments) payments.set(payment.paymentId, payment);
      for (const bank of applied.states.banks) banks.set(bank.bankId, bank);
      return applied.receipts;
    },
  };
}

const parsed = new WeakMap<Wire, Pick<Delivery, 'parsed' | 'body'>>();

/** A body as it comes in from the wire, at this moment; the same object is read only once. */
export function deliveryOf(wire: Wire, receivedAt: number): Delivery {
  let read = parsed.get(wire);
  if (read === undefined) {
    const body = new TextEncoder().encode(JSON.stringify(wire));
    read = { parsed: parseCallback(body), body };
    parsed.set(wire, read);
  }
  return { ...read, receivedAt, webhookId: null };
}
