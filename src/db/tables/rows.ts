import type { InferSelectModel } from 'drizzle-orm';
import type { JournalRow } from '../../domain/journal/row.ts';
import type { Payment } from '../../domain/payment/payment.ts';
import type { Session } from '../../domain/session/session.ts';
import type { callbacks, payments, sessions } from '../schema.ts';
import { readStages } from './stored-stages.ts';

export type SessionRow = InferSelectModel<typeof sessions>;
export type PaymentRow = InferSelectModel<typeof payments>;
export type CallbackRow = InferSelectModel<typeof callbacks>;

/** The members in the order of `deriveSession`, so that V8 knows a single shape of sessions (docs/decisions/0058). */
export const toSession = (row: SessionRow): Session => ({
  sessionId: row.sessionId,
  externalId: row.externalId,
  userId: row.userId,
  bankId: row.bankId,
  isSca: row.isSca,
  stages: readStages(row.stages),
  accounts: row.accounts,
  transactionPages: row.transactionPages,
  version: row.version,
  position: row.position,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  lastFactAt: row.lastFactAt,
  stage: row.stage,
  status: row.status,
  outcome: row.outcome,
  failedStage: row.failedStage,
  nextAction: row.nextAction,
  conflict: row.conflict,
});

/** A row of the table is a row of the journal: the types meet here, so that a difference fails to compile. */
export const toJournalRow = (row: CallbackRow): JournalRow => row;

/** `userExternalId` repeats `user.externalId` for ownership and filters. */
export function toPayment({ userExternalId: _, ...row }: PaymentRow): Payment {
  return row;
}

export const fromPayment = (payment: Payment): PaymentRow => ({
  ...payment,
  userExternalId: payment.user.externalId,
});
