import type { InferSelectModel } from 'drizzle-orm';
import type { JournalRow } from '../../domain/journal/row.ts';
import type { Payment } from '../../domain/payment/payment.ts';
import type { Session } from '../../domain/session/session.ts';
import type { callbacks, payments, sessions } from '../schema.ts';

export type SessionRow = InferSelectModel<typeof sessions>;
export type PaymentRow = InferSelectModel<typeof payments>;
export type CallbackRow = InferSelectModel<typeof callbacks>;

/** A row is a session: the columns have the same names. The types meet here, so that a difference fails to compile. */
export const toSession = (row: SessionRow): Session => row;

export const fromSession = (session: Session): SessionRow => ({ ...session });

export const toJournalRow = (row: CallbackRow): JournalRow => row;

/** `userExternalId` repeats `user.externalId` for ownership and filters. */
export function toPayment({ userExternalId: _, ...row }: PaymentRow): Payment {
  return row;
}

export const fromPayment = (payment: Payment): PaymentRow => ({
  ...payment,
  userExternalId: payment.user.externalId,
});
