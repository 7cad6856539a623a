import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { isStorableId } from '../../domain/ids.ts';
import type { SecondaryIdentifier } from '../../domain/journal/callback.ts';
import { banks, payments, sessions } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { batchKeys, createKeyLoader } from './batch-keys.ts';
import { type ReadQueue, readThrough } from './read-queue.ts';
import type { Reader } from './reader.ts';

/** A bank as callbacks named it. */
export interface BankFacts {
  readonly bankId: string;
  readonly secondaryIdentifiers: readonly SecondaryIdentifier[];
}

export interface BankReads {
  /** Null where no callback named it. Only for a bank of a session or payment that was already read for the viewer. */
  find(bankId: string, reader: Reader): Promise<BankFacts | null>;
  /** Whether the viewer may see the bank: operators see each, others those of their own sessions and payments. */
  isVisible(bankId: string, reader: Reader): Promise<boolean>;
}

export function createBankReads({ db }: Pick<Store, 'db'>, queue: ReadQueue): BankReads {
  const bank = createKeyLoader({
    statement: prepareBank(db),
    toAnswer: ({ found }): BankFacts | null => found,
    absent: null,
    queue,
  });
  const bankOfOwner = prepareBankOfOwner(db);
  return {
    find: async (id, { cancellation }) => (isStorableId(id) ? bank({ id, owner: null }, cancellation) : null),
    async isVisible(bankId, { viewer, cancellation }) {
      if (viewer.isOperator) return true;
      if (!isStorableId(bankId)) return false;
      const owners = { userId: ownerId(viewer.userId), paymentUserId: ownerId(viewer.paymentUserId) };
      const found = await readThrough(queue, cancellation, () => bankOfOwner.execute({ bankId, ...owners }));
      return found.length > 0;
    },
  };
}

/** The empty text, which no row has, stands in for a viewer without a user, and for an id that no row can have. */
const ownerId = (id: string | null): string => (id !== null && isStorableId(id) ? id : '');

function prepareBank(db: Db) {
  const keys = batchKeys(db);
  const found = db.select().from(banks).where(sql`${banks.bankId} = ${keys.id}`).limit(1).as('found');
  return db.select().from(keys).crossJoinLateral(found).prepare('bank');
}

function prepareBankOfOwner(db: Db) {
  const isOf = (bank: PgColumn, owner: PgColumn, parameter: string): SQL | undefined =>
    and(
      eq(bank, sql`${sql.placeholder('bankId')}::text`),
      sql`${owner} = ${sql.placeholder(parameter)}::text`,
    );
  const ofSession = db
    .select({ bankId: sessions.bankId })
    .from(sessions)
    .where(isOf(sessions.bankId, sessions.userId, 'userId'))
    .limit(1);
  const ofPayment = db
    .select({ bankId: payments.bankId })
    .from(payments)
    .where(isOf(payments.bankId, payments.userExternalId, 'paymentUserId'))
    .limit(1);
  return ofSession.unionAll(ofPayment).prepare('bank_of_owner');
}
