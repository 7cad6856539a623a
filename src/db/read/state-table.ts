import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { SubjectName } from '../../domain/subject.ts';
import { payments, sessions } from '../schema.ts';

/** The columns that every table of states has. */
interface StateColumns {
  readonly externalId: PgColumn;
  readonly position: PgColumn;
  readonly createdAt: PgColumn;
  readonly updatedAt: PgColumn;
}

/** The table of one subject's states, and its columns that reads use. */
export interface StateTable<T extends PgTable & StateColumns = PgTable & StateColumns> {
  readonly subject: SubjectName;
  readonly table: T;
  readonly id: PgColumn;
  /** The column of the owner's user id. */
  readonly owner: PgColumn;
}

export const SESSION_TABLE = {
  subject: 'session',
  table: sessions,
  id: sessions.sessionId,
  owner: sessions.userId,
} as const satisfies StateTable;

export const PAYMENT_TABLE = {
  subject: 'payment',
  table: payments,
  id: payments.paymentId,
  owner: payments.userExternalId,
} as const satisfies StateTable;
