import { and, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { Cancellation } from '../../domain/cancellation.ts';
import { isStorableId } from '../../domain/ids.ts';
import type { SecondaryIdentifier } from '../../domain/journal/callback.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import type { Payment } from '../../domain/payment/payment.ts';
import type { Session } from '../../domain/session/session.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { banks, callbacks, payments, sessions } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { toJournalRow, toPayment, toSession } from '../tables/rows.ts';
import { createBatchLoader } from './batch-loader.ts';
import { keysTable } from './keys-table.ts';
import { type ReadQueue, readThrough } from './read-queue.ts';
import { type Owner, paymentOwner, sessionOwner } from './scope.ts';

/** A bank as callbacks named it. */
export interface BankFacts {
  readonly bankId: string;
  readonly secondaryIdentifiers: readonly SecondaryIdentifier[];
}

/**
 * Single things by their keys. Keys asked for in one turn of the event loop are one statement (batch-loader.ts);
 * nothing is cached. What is absent and what is not the viewer's are both null, by the same statement. A read that is
 * given up before its statement is sent rejects with the reason.
 */
export interface KeyReads {
  session(sessionId: string, viewer: Viewer, cancellation?: Cancellation): Promise<Session | null>;
  /** Of those that share it and that the viewer may see, the one created last; ties go to the higher id. */
  sessionByExternalId(
    externalId: string,
    viewer: Viewer,
    cancellation?: Cancellation,
  ): Promise<Session | null>;
  payment(paymentId: string, viewer: Viewer, cancellation?: Cancellation): Promise<Payment | null>;
  /** As `sessionByExternalId`. */
  paymentByExternalId(
    externalId: string,
    viewer: Viewer,
    cancellation?: Cancellation,
  ): Promise<Payment | null>;
  /** Null for who is not an operator. */
  callback(position: number, viewer: Viewer, cancellation?: Cancellation): Promise<JournalRow | null>;
  /** For whom a session or payment of the bank was already read; null where no callback named it. */
  bank(bankId: string, cancellation?: Cancellation): Promise<BankFacts | null>;
  /** Whether the viewer may know of the bank: operators of each, others of their sessions' and payments'. */
  isBankOf(bankId: string, viewer: Viewer, cancellation?: Cancellation): Promise<boolean>;
}

/** What a key-read is asked for: an id, and whose row it may find. */
interface Key {
  readonly id: string;
  readonly owner: Owner;
}

export function createKeyReads({ db }: Pick<Store, 'db'>, queue: ReadQueue): KeyReads {
  const session = ofOwner(prepareSession(db, sessions.sessionId, 'session'), toSession, queue);
  const sessionByExternalId = ofOwner(
    prepareSession(db, sessions.externalId, 'session_external'),
    toSession,
    queue,
  );
  const payment = ofOwner(preparePayment(db, payments.paymentId, 'payment'), toPayment, queue);
  const paymentByExternalId = ofOwner(
    preparePayment(db, payments.externalId, 'payment_external'),
    toPayment,
    queue,
  );
  const callback = byKey(prepareCallback(db), toJournalRow, queue);
  const bank = byKey(prepareBank(db), (row) => row, queue);
  const bankOfOwner = prepareBankOfOwner(db);

  return {
    session: (id, viewer, cancellation) => session(id, sessionOwner(viewer), cancellation),
    sessionByExternalId: (id, viewer, cancellation) =>
      sessionByExternalId(id, sessionOwner(viewer), cancellation),
    payment: (id, viewer, cancellation) => payment(id, paymentOwner(viewer), cancellation),
    paymentByExternalId: (id, viewer, cancellation) =>
      paymentByExternalId(id, paymentOwner(viewer), cancellation),
    callback: async (position, viewer, cancellation) =>
      viewer.isOperator ? callback({ id: String(position), owner: null }, cancellation) : null,
    bank: async (id, cancellation) => (isStorableId(id) ? bank({ id, owner: null }, cancellation) : null),
    async isBankOf(bankId, viewer, cancellation) {
      if (viewer.isOperator) return true;
      // An id that no row can hold stands for a user who has none.
      const [userId, paymentUserId] = [viewer.userId, viewer.paymentUserId].map((id) =>
        id !== null && isStorableId(id) ? id : '',
      );
      if (!isStorableId(bankId)) return false;
      const found = await readThrough(queue, cancellation, () =>
        bankOfOwner.execute({ bankId, userId, paymentUserId }),
      );
      return found.length > 0;
    },
  };
}

interface Found<Row> {
  readonly keys: { readonly n: number };
  readonly found: Row;
}

interface Statement<Row> {
  execute(values: { keys: string }): Promise<readonly Found<Row>[]>;
}

/** Loads by key through one statement a batch. */
function byKey<Row, Shown>(statement: Statement<Row>, toShown: (row: Row) => Shown, queue: ReadQueue) {
  return createBatchLoader<Key, Shown | null>({
    queue,
    nameOf: ({ id, owner }) => (owner === null ? id : `${id}\0${owner}`),
    async load(keys) {
      const answers: (Shown | null)[] = keys.map(() => null);
      const found = await statement.execute({ keys: JSON.stringify(keys.map((key, n) => ({ n, ...key }))) });
      for (const { keys: key, found: row } of found) answers[key.n] = toShown(row);
      return answers;
    },
  });
}

/** The same for one owner's rows; undefined owns none. What no row can hold is never sent. */
function ofOwner<Row, Shown>(statement: Statement<Row>, toShown: (row: Row) => Shown, queue: ReadQueue) {
  const load = byKey(statement, toShown, queue);
  const nothing = Promise.resolve(null);
  return (id: string, owner: Owner | undefined, cancellation?: Cancellation): Promise<Shown | null> =>
    owner === undefined || !isStorableId(id) || (owner !== null && !isStorableId(owner))
      ? nothing
      : load({ id, owner }, cancellation);
}

type Keys = ReturnType<typeof keysTable>;

const isOwned = (column: SQL, { owner }: Keys): SQL => sql`(${owner} is null or ${column} = ${owner})`;

function prepareSession(
  db: Db,
  column: typeof sessions.sessionId | typeof sessions.externalId,
  name: string,
) {
  const keys = keysTable(db);
  const found = db
    .select()
    .from(sessions)
    .where(and(sql`${column} = ${keys.id}`, isOwned(sql`${sessions.userId}`, keys)))
    .orderBy(...newestFirst(column === sessions.externalId, sessions.createdAt, sessions.sessionId))
    .limit(1)
    .as('found');
  return db.select().from(keys).crossJoinLateral(found).prepare(name);
}

function preparePayment(
  db: Db,
  column: typeof payments.paymentId | typeof payments.externalId,
  name: string,
) {
  const keys = keysTable(db);
  const found = db
    .select()
    .from(payments)
    .where(and(sql`${column} = ${keys.id}`, isOwned(sql`${payments.userExternalId}`, keys)))
    .orderBy(...newestFirst(column === payments.externalId, payments.createdAt, payments.paymentId))
    .limit(1)
    .as('found');
  return db.select().from(keys).crossJoinLateral(found).prepare(name);
}

/** Only an external id can have several rows. */
function newestFirst(
  several: boolean,
  ...columns: (
    | typeof sessions.createdAt
    | typeof sessions.sessionId
    | typeof payments.createdAt
    | typeof payments.paymentId
  )[]
): SQL[] {
  return several ? columns.map((column) => desc(column)) : [];
}

function prepareCallback(db: Db) {
  const keys = keysTable(db);
  const found = db
    .select()
    .from(callbacks)
    .where(sql`${callbacks.position} = ${keys.id}::bigint`)
    .limit(1)
    .as('found');
  return db.select().from(keys).crossJoinLateral(found).prepare('callback');
}

function prepareBank(db: Db) {
  const keys = keysTable(db);
  const found = db.select().from(banks).where(sql`${banks.bankId} = ${keys.id}`).limit(1).as('found');
  return db.select().from(keys).crossJoinLateral(found).prepare('bank');
}

function prepareBankOfOwner(db: Db) {
  const bankId = sql`${sql.placeholder('bankId')}::text`;
  const ofSession = db
    .select({ bankId: sessions.bankId })
    .from(sessions)
    .where(and(eq(sessions.bankId, bankId), sql`${sessions.userId} = ${sql.placeholder('userId')}::text`))
    .limit(1);
  const ofPayment = db
    .select({ bankId: payments.bankId })
    .from(payments)
    .where(
      and(
        eq(payments.bankId, bankId),
        sql`${payments.userExternalId} = ${sql.placeholder('paymentUserId')}::text`,
      ),
    )
    .limit(1);
  return ofSession.unionAll(ofPayment).prepare('bank_of_owner');
}
