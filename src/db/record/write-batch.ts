import { eq, sql } from 'drizzle-orm';
import {
  type Applied,
  type ApplySettings,
  applyBatch,
  checkOwners,
  type Delivery,
  type StoredState,
} from '../../domain/journal/decide-batch.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import { parseStages } from '../../domain/session/expected-stages.ts';
import type { Emit } from '../../observe.ts';
import { CHANNEL, callLockForWriting } from '../locks.ts';
import { callbacks, store } from '../schema.ts';
import type { Db } from '../store.ts';
import { isAnyOf, rowEncoder, rowsFrom } from '../tables/json-rows.ts';
import { preparedByConnection } from '../tables/prepared-by-connection.ts';
import { SERVER } from '../tables/server.ts';
import type { CachedHead, StateCache } from '../tables/state-cache.ts';
import { namesOf, readStates, rows, writeStates } from '../tables/state-tables.ts';

export interface WriteOptions {
  readonly settings: Omit<ApplySettings, 'expectedStages'>;
  readonly cache: StateCache;
  /** See `Store.connections`. */
  readonly connections: number;
  readonly emit: Emit;
  /** Whether other instances are notified of the batch's last position. */
  readonly notifies: boolean;
}

export interface Written extends Applied {
  /** The store's row once it is committed. */
  readonly head: CachedHead;
}

/**
 * Records a batch within the caller's transaction: one round trip that takes the writer's lock and reads all that the
 * batch touches, the decision, and one round trip of one multi-row statement a table. Statements of a round trip
 * are sent without awaiting one another.
 */
export async function writeBatch(
  tx: Db,
  deliveries: readonly Delivery[],
  { settings, cache, connections, emit, notifies }: WriteOptions,
): Promise<Written> {
  const { checked, stored, head } = await readStored(tx, deliveries, cache, connections);
  const expectedStages = parseStages(head.expectedStages);
  const applied = applyBatch(checked, stored, { ...settings, expectedStages });
  await Promise.all([
    ...writeJournal(tx, applied.entries, emit, notifies),
    writeStates(tx, applied.states, stored.states),
    countRepeats(tx, applied.repeats),
  ]);
  const last = applied.entries.at(-1);
  if (last === undefined) return { ...applied, head };
  const { position, fingerprint } = last.row;
  return { ...applied, head: { ...head, position, fingerprint, stamp: head.transaction } };
}

interface Head extends CachedHead {
  /** What rows that this transaction writes bear. */
  readonly transaction: string;
}

async function readStored(
  tx: Db,
  deliveries: readonly Delivery[],
  cache: StateCache,
  connections: number,
): Promise<{
  /** The deliveries, those quarantined that name another owner than their session or payment has. */
  checked: readonly Delivery[];
  stored: StoredState;
  head: Head;
}> {
  const parsed = deliveries.map((delivery) => delivery.parsed);
  const digests = new Set(parsed.map(({ digest }) => digest));
  const { lock, head } = statementsFor(tx);
  const names = namesOf(parsed.flatMap((one) => (one.ok ? [one.callback] : [])));
  // Sent in this order without awaiting one another: what follows the lock sees all that its last holder committed.
  const [, [row], found, keys] = await Promise.all([
    lock.execute(),
    head.execute(),
    readStates(tx, names, cache),
    readKeys(tx, [...digests]),
  ]);
  if (row === undefined) throw new Error(LOST);
  // The cache may have answered for another server's rows.
  const states = cache.isOf(row.server, connections) ? found : await readStates(tx, names, cache);
  const checked = checkOwners(deliveries, states);
  const more = checked.map((delivery) => delivery.parsed.digest).filter((digest) => !digests.has(digest));
  const moreKeys = more.length === 0 ? [] : await readKeys(tx, more);
  const { position, fingerprint } = row;
  return {
    checked,
    stored: { position, fingerprint, states, keys: [...keys, ...moreKeys] },
    head: { ...row, connections },
  };
}

const LOST = 'the table store has no row';

const readKeys = (tx: Db, digests: readonly string[]) =>
  statementsFor(tx).keys.execute({ digests: JSON.stringify(digests) });

export const encodeCallbacks = rowEncoder<JournalRow>(callbacks);

function writeJournal(
  tx: Db,
  entries: Applied['entries'],
  emit: Emit,
  notifies: boolean,
): Promise<unknown>[] {
  const last = entries.at(-1);
  if (last === undefined) return [];
  const { journal, move, notify } = statementsFor(tx);
  const written: Promise<unknown>[] = [
    journal
      .execute({ rows: encodeCallbacks(entries.map(({ row }) => row)) })
      .then(() => emit.journalWritten?.({ rows: entries.length })),
    move.execute({ position: last.position, fingerprint: last.row.fingerprint }),
  ];
  const replays = entries.flatMap(({ row }) => (row.replayOf === null ? [] : [row]));
  if (replays.length > 0) written.push(markReplayed(tx, replays));
  if (notifies) written.push(notify.execute({ position: String(last.position) }));
  return written;
}

/** The quarantined row says when a replay applied it. */
const markReplayed = (tx: Db, replays: readonly JournalRow[]): Promise<unknown> =>
  statementsFor(tx).replays.execute({
    rows: JSON.stringify(replays.map((row) => ({ of: row.replayOf, at: isoOf(row.replayedAt) }))),
  });

/** A repeat alters nothing but these two columns, so that a row's content stays what the fold read. */
async function countRepeats(tx: Db, repeats: Applied['repeats']): Promise<void> {
  if (repeats.length === 0) return;
  await statementsFor(tx).repeats.execute({
    rows: JSON.stringify(repeats.map((repeat) => ({ ...repeat, at: isoOf(repeat.at) }))),
  });
}

const statementsFor = preparedByConnection((db) => {
  const replay = sql`json_to_recordset(${rows}) as replay(of bigint, at text)`;
  const repeat = sql`json_to_recordset(${rows}) as repeat(position bigint, n integer, at text)`;
  const once = sql`(values (1)) as once`;
  return {
    lock: db.select({ locked: callLockForWriting }).from(once).prepare('writer_lock'),
    head: db
      .select({
        position: store.position,
        fingerprint: store.fingerprint,
        expectedStages: store.expectedStages,
        stamp: sql<string>`${store}.xmin::text`,
        transaction: sql<string>`pg_current_xact_id()::xid::text`,
        server: SERVER,
      })
      .from(store)
      .where(eq(store.id, 1))
      .prepare('writer_head'),
    keys: db
      .select({
        position: callbacks.position,
        digest: callbacks.digest,
        attempt: callbacks.attempt,
        reason: callbacks.reason,
        webhookId: callbacks.webhookId,
      })
      .from(callbacks)
      .where(isAnyOf(callbacks.digest, 'digests'))
      .prepare('writer_keys'),
    journal: db
      .insert(callbacks)
      .select(() => rowsFrom(callbacks, rows))
      .prepare('writer_journal'),
    move: db
      .update(store)
      .set({
        position: sql`${sql.placeholder('position')}`,
        fingerprint: sql`${sql.placeholder('fingerprint')}`,
      })
      .where(eq(store.id, 1))
      .prepare('writer_move'),
    notify: db
      .select({ notified: sql`pg_notify(${CHANNEL}, ${sql.placeholder('position')}::text)` })
      .from(once)
      .prepare('writer_notify'),
    replays: db
      .update(callbacks)
      .set({ replayedAt: sql`replay.at::timestamptz` })
      .from(replay)
      .where(eq(callbacks.position, sql`replay.of`))
      .prepare('writer_replays'),
    repeats: db
      .update(callbacks)
      .set({
        deliveries: sql`${callbacks.deliveries} + repeat.n`,
        lastDeliveredAt: sql`greatest(${callbacks.lastDeliveredAt}, repeat.at::timestamptz)`,
      })
      .from(repeat)
      .where(eq(callbacks.position, sql`repeat.position`))
      .prepare('writer_repeats'),
  };
});

const isoOf = (at: number | null) => (at === null ? null : new Date(at).toISOString());
