import { eq, type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import {
  type Applied,
  type ApplySettings,
  applyBatch,
  checkOwners,
  type Delivery,
} from '../../domain/journal/decide-batch.ts';
import type { StateRows, StoredBank } from '../../domain/journal/state-fold.ts';
import { parseStages } from '../../domain/session/expected-stages.ts';
import type { Session } from '../../domain/session/session.ts';
import { CHANNEL, tryLockForWriting } from '../locks.ts';
import { banks, callbacks, sessions, store } from '../schema.ts';
import type { Db } from '../store.ts';
import { columnNames, recordset } from '../tables/json-rows.ts';
import { preparedByConnection } from '../tables/prepared-by-connection.ts';
import { SERVER } from '../tables/server.ts';
import type { CachedHead, StateCache } from '../tables/state-cache.ts';
import { changeSessions, encodeSessionRows } from '../tables/state-tables.ts';
import { encodeCallbacks } from './write-batch.ts';

/** A row of the store as the cache has it; without a stamp: the store is presumed to have none. */
interface KnownRow {
  readonly id: string;
  readonly stamp: string | null;
}

/** What this process knows of the store, as far as a batch rests on it. */
export interface Presumed {
  readonly head: CachedHead;
  readonly states: StateRows;
  /** Every session and bank that the batch names. */
  readonly rows: { readonly sessions: readonly KnownRow[]; readonly banks: readonly KnownRow[] };
  /** Whether a session is presumed to be new, since the cache does not have it. */
  readonly hasNew: boolean;
}

/**
 * What a batch can be decided by without reading the store. Presumed: the store is as the last batch of this process
 * left it, a session that the cache does not have is new, and no digest was recorded before. Null where that is not
 * enough: before the first batch, with quarantine, payments and replays, and with a bank that the cache does not have.
 */
export function presume(deliveries: readonly Delivery[], cache: StateCache): Presumed | null {
  const { head } = cache;
  if (head === null) return null;
  const sessionRows = new Map<string, KnownRow>();
  const bankRows = new Map<string, KnownRow>();
  const sessions: Session[] = [];
  const banks: StoredBank[] = [];
  for (const { parsed, replay } of deliveries) {
    if (!parsed.ok || parsed.callback.kind === 'PAYMENT' || replay !== undefined) return null;
    const { sessionId, bank } = parsed.callback;
    if (!sessionRows.has(sessionId)) {
      const cached = cache.session(sessionId);
      sessionRows.set(sessionId, { id: sessionId, stamp: cached?.stamp ?? null });
      if (cached !== undefined) sessions.push(cached.state);
    }
    if (!bankRows.has(bank.bankId)) {
      const cached = cache.bank(bank.bankId);
      if (cached === undefined) return null;
      bankRows.set(bank.bankId, { id: bank.bankId, stamp: cached.stamp });
      banks.push(cached.state);
    }
  }
  return {
    head,
    states: { sessions, payments: [], banks },
    rows: { sessions: [...sessionRows.values()], banks: [...bankRows.values()] },
    hasNew: sessions.length < sessionRows.size,
  };
}

/**
 * Decides a batch by what is presumed. Null where it is more than new rows and sessions: where a callback names another
 * owner than its session has, a callback is repeated within the batch, or a bank gets another identifier.
 */
export function decidePresumed(
  deliveries: readonly Delivery[],
  { head, states }: Presumed,
  settings: Omit<ApplySettings, 'expectedStages'>,
): Applied | null {
  const checked = checkOwners(deliveries, states);
  if (checked.some(({ parsed }) => !parsed.ok)) return null;
  const { position, fingerprint } = head;
  const expectedStages = parseStages(head.expectedStages);
  const stored = { position, fingerprint, states, keys: [] };
  const applied = applyBatch(checked, stored, { ...settings, expectedStages });
  return applied.repeats.length > 0 || applied.states.banks.length > 0 ? null : applied;
}

/**
 * Writes a presumed batch with one statement, which is a transaction of its own, and gives the store's row after it,
 * whose stamp the sessions bear too. Null where the store is not as presumed, or another writer is at work: then nothing was written. The statement
 * waits for nobody.
 *
 * It moves the store's row, and writes the rest only if it did. Whatever alters states writes the store's row too
 * (`lockForWriting`, a batch), so that row's `xmin` says that nothing was altered since this process wrote it, and a
 * writer that commits meanwhile makes the move find another row.
 */
export async function writeAtOnce(
  db: Db,
  { head, states, rows }: Presumed,
  applied: Applied,
  notifies: boolean,
): Promise<CachedHead | null> {
  const last = applied.entries.at(-1);
  if (last === undefined) throw new Error('a presumed batch has a row for each delivery');
  const { added, changed } = encodeSessionRows(applied.states.sessions, states.sessions);
  const [written] = await statementsFor(db).batch.execute({
    server: head.server,
    stamp: head.stamp,
    expectedPosition: head.position,
    expectedFingerprint: head.fingerprint,
    position: last.position,
    fingerprint: last.row.fingerprint,
    rows: encodeCallbacks(applied.entries.map(({ row }) => row)),
    added: added ?? NONE,
    changed: changed ?? NONE,
    sessions: JSON.stringify(rows.sessions),
    banks: JSON.stringify(rows.banks),
    notifies: notifies ? String(last.position) : null,
  });
  if (written === undefined) return null;
  const { position, fingerprint } = last.row;
  return { ...head, position, fingerprint, stamp: written.stamp };
}

const NONE = '[]';

const statementsFor = preparedByConnection((db) => {
  const json = (name: string) => sql`${sql.placeholder(name)}::text::json`;
  const incoming = db.$with('incoming', {}).as(sql`select * from ${recordset(callbacks, json('rows'))}`);
  const moved = db.$with('moved', { position: sql<number>`position`.as('position') }).as(
    sql`update ${store} set position = ${sql.placeholder('position')}, fingerprint = ${sql.placeholder('fingerprint')}
      where id = 1 and position = ${sql.placeholder('expectedPosition')}
        and fingerprint = ${sql.placeholder('expectedFingerprint')}
        and xmin = ${sql.placeholder('stamp')}::text::xid and ${SERVER} = ${sql.placeholder('server')}::text
        and ${tryLockForWriting}
        and not exists (select from incoming
          where exists (select from ${callbacks} where ${callbacks.digest} = incoming.digest))
        and ${areAsKnown(json('sessions'), sql`select xmin from ${sessions} where ${eq(sessions.sessionId, sql`known.id`)}`)}
        and ${areAsKnown(json('banks'), sql`select xmin from ${banks} where ${eq(banks.bankId, sql`known.id`)}`)}
      returning position`,
  );
  const isMoved = sql`exists (select from moved)`;
  const insert = (table: PgTable, rows: SQL) =>
    sql`insert into ${table} (${columnNames(table)}) select ${columnNames(table)} from ${rows} where ${isMoved}`;
  const journal = db.$with('journal', {}).as(insert(callbacks, sql`incoming`));
  const added = db.$with('added', {}).as(insert(sessions, recordset(sessions, json('added'))));
  const changed = db.$with('changed').as(changeSessions(db, json('changed'), isMoved));
  const notifies = sql`${sql.placeholder('notifies')}::text`;
  return {
    batch: db
      .with(incoming, moved, journal, added, changed)
      .select({
        stamp: sql<string>`pg_current_xact_id()::xid::text`,
        notified: sql`case when ${notifies} is not null then pg_notify(${CHANNEL}, ${notifies}) end`,
      })
      .from(moved)
      .prepare('writer_batch'),
  };
});

/** Whether each of the known rows, of which `xmin` selects the stamp, has the stamp that is known of it, or is none. */
const areAsKnown = (known: SQL, xmin: SQL): SQL =>
  sql`not exists (select from json_to_recordset(${known}) as known(id text, stamp text)
    where (${xmin}) is distinct from known.stamp::xid)`;
