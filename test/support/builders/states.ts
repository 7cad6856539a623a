import type { SessionCallback } from '../../../src/domain/journal/callback.ts';
import type { JournalRow } from '../../../src/domain/journal/row.ts';
import { derivePayment, foldPayment } from '../../../src/domain/payment/fold.ts';
import type { Payment } from '../../../src/domain/payment/payment.ts';
import { foldSession } from '../../../src/domain/session/fold.ts';
import { deriveSession } from '../../../src/domain/session/outcome.ts';
import type { Session } from '../../../src/domain/session/session.ts';

/** When the samples' first callback was received. */
export const AT = Date.parse('2026-11-22T11:57:00.000Z');

/** The expected stages that outcomes of samples are computed with: the default. */
export const EXPECTED = ['AUTHENTICATION', 'ACCOUNTS', 'TRANSACTIONS'] as const;

/** A callback about a session; defaults for what is not given. */
function sessionCallback(overrides: Partial<SessionCallback> = {}): SessionCallback {
  return {
    kind: 'SESSION_STATUS',
    sessionId: 's1',
    externalId: null,
    userId: 'anna',
    bank: { bankId: '75', secondaryIdentifiers: [] },
    isSca: null,
    stage: 'AUTHENTICATION',
    status: 'INITIATED',
    progress: null,
    accounts: [],
    page: null,
    ...overrides,
  };
}

const FIRST_ROW = {
  position: 1,
  receivedAt: AT,
  attempt: 1,
  confirms: false,
  putsBack: false,
  replayOf: null,
};

/** A session as one callback makes it, with columns set as the test needs them. */
export function sessionOf(callback: Partial<SessionCallback>, columns: Partial<Session> = {}): Session {
  const row = { ...FIRST_ROW, callback: sessionCallback(callback) };
  return { ...deriveSession(foldSession(null, row).state, EXPECTED), ...columns };
}

/** A payment as one callback makes it, with columns set as the test needs them. */
export function paymentOf(columns: Partial<Payment>): Payment {
  const { state } = foldPayment(null, {
    ...FIRST_ROW,
    callback: {
      kind: 'PAYMENT',
      paymentId: 'p1',
      externalId: null,
      status: 'CREATED',
      bank: { bankId: '75', secondaryIdentifiers: [] },
      user: { externalId: 'anna', secondaryIdentifiers: [] },
    },
  });
  return { ...derivePayment(state), ...columns };
}

/** The fingerprint of the row at a position: no real chain, which no test that uses it looks at. */
export const fingerprintAt = (position: number): string => String(position).padStart(16, '0');

/** A row of the journal; its digest is made from its position, so that rows differ. */
export function journalRow(row: Partial<JournalRow> & { readonly position: number }): JournalRow {
  return {
    kind: 'SESSION_STATUS',
    outcome: 'RECORDED',
    reason: null,
    path: null,
    faults: null,
    unknownFields: null,
    sessionId: 's1',
    paymentId: null,
    externalId: null,
    bankId: '75',
    stage: 'AUTHENTICATION',
    status: 'INITIATED',
    attempt: 1,
    confirms: false,
    putsBack: false,
    digest: String(row.position),
    fingerprint: fingerprintAt(row.position),
    webhookId: null,
    receivedAt: AT,
    deliveries: 1,
    lastDeliveredAt: AT,
    changed: [],
    version: null,
    replayOf: null,
    replayedAt: null,
    body: new TextEncoder().encode('{}'),
    ...row,
  };
}
