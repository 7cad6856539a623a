import type { Head } from '../../../src/domain/catch-up.ts';
import type { JournalEntry } from '../../../src/domain/journal/entry.ts';
import type { JournalRow } from '../../../src/domain/journal/row.ts';
import type { Session, StageState } from '../../../src/domain/session/session.ts';
import { EXPLORER, type Viewer } from '../../../src/domain/viewer.ts';

/** A log that nobody reads. */
export const quietLog = { error: () => undefined, warn: () => undefined };

export const IDENTITY = '0badcafe';

export const operator: Viewer = EXPLORER;
export const person = (userId: string): Viewer => ({
  userId,
  paymentUserId: null,
  isOperator: false,
  readsAccounts: false,
  expiresAt: null,
});

const unobserved: StageState = {
  shown: null,
  suspected: null,
  past: [],
  next: 1,
  putBackAt: null,
  passed: false,
  version: 0,
  updatedAt: null,
};

/** A session that stands anywhere; `position` is that of its last change. */
export function sessionOf(position: number, session: Partial<Session> = {}): Session {
  return {
    sessionId: 's1',
    externalId: null,
    userId: 'u1',
    bankId: '75',
    isSca: null,
    stages: {
      AUTHENTICATION: unobserved,
      ACCOUNTS: unobserved,
      ACCOUNT_BALANCES: unobserved,
      TRANSACTIONS: unobserved,
      TRANSACTION_DETAILS: unobserved,
    },
    accounts: [],
    transactionPages: [],
    version: position,
    position,
    createdAt: 1_000,
    updatedAt: 1_000 + position,
    heardAt: 1_000 + position,
    stage: 'AUTHENTICATION',
    status: 'IN_PROGRESS',
    outcome: 'PENDING',
    nextAction: 'WAIT',
    failedStage: null,
    conflict: false,
    ...session,
  };
}

/** Of the row at a position: no chain, which nobody here looks at. */
export const fingerprintAt = (position: number) => String(position).padStart(16, '0');

/** The head of a journal of which nothing, or everything up to `lowest`, was deleted. */
export const headOf = (position: number, lowest = 0): Head => ({
  identity: IDENTITY,
  position,
  fingerprint: fingerprintAt(position),
  lowest,
  lowestFingerprint: fingerprintAt(lowest),
});

export function rowOf(position: number, row: Partial<JournalRow> = {}): JournalRow {
  return {
    position,
    kind: 'SESSION_STATUS',
    outcome: 'RECORDED',
    reason: null,
    path: null,
    faults: null,
    unknownFields: null,
    sessionId: 's1',
    paymentId: null,
    bankId: '75',
    stage: 'AUTHENTICATION',
    status: 'IN_PROGRESS',
    attempt: 1,
    confirms: false,
    putsBack: false,
    digest: String(position),
    fingerprint: fingerprintAt(position),
    webhookId: null,
    receivedAt: 1_000 + position,
    deliveries: 1,
    lastDeliveredAt: 1_000 + position,
    changed: [],
    version: position,
    replayOf: null,
    replayedAt: null,
    body: new Uint8Array(),
    ...row,
  };
}

/** An entry that changed a session (from what it was before), or nothing. */
export function entryOf(
  position: number,
  after: Partial<Session> | null,
  before: Partial<Session> | null = null,
): JournalEntry {
  const row = rowOf(position, { sessionId: after?.sessionId ?? 's1' });
  if (after === null) return { position, row, change: null };
  return {
    position,
    row,
    change: {
      of: 'session',
      position,
      kind: 'STATUS',
      stage: 'AUTHENTICATION',
      before: before && sessionOf(position - 1, { ...after, ...before }),
      after: sessionOf(position, after),
      changedAt: 1_000 + position,
    },
  };
}
