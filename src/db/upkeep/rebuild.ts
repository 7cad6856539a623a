import { randomUUID } from 'node:crypto';
import { and, asc, eq, getTableColumns, gt, lt, lte, ne, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { JournalRow } from '../../domain/journal/row.ts';
import { States } from '../../domain/journal/state-fold.ts';
import { EFFECTS_IN_ROWS, RULES_EDITION } from '../../domain/rules-edition.ts';
import { formatStages } from '../../domain/session/expected-stages.ts';
import type { StageName } from '../../domain/words.ts';
import { type JournalOptions, readAgain } from '../journal/journal.ts';
import { lockForRebuild, lockForWriting } from '../locks.ts';
import { banks, callbacks, payments, sessions, store as storeTable } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { readPosition } from '../tables/read-position.ts';
import { toJournalRow } from '../tables/rows.ts';
import { readExpectedStages } from '../tables/stages-in-store.ts';
import { namesOf, readStates, writeStates } from '../tables/state-tables.ts';
import { decideEffects } from './decide-effects.ts';
import { markRecomputed } from './mark-recomputed.ts';

/** The most rows folded in one transaction, and the most bytes of their bodies. */
const ROWS_PER_TRANSACTION = 1_000;
const BODY_BYTES_PER_TRANSACTION = 8 * 1024 * 1024;
/** The most rows left for the last transaction, which holds the writer's lock. */
const MAX_LAST_ROWS = 200;

/** The result of a rebuild: rows folded, and how many sessions and payments differed from the journal's fold. */
export interface Rebuilt {
  readonly rows: number;
  readonly sessions: number;
  readonly payments: number;
}

export interface RebuildOptions extends Pick<JournalOptions, 'parse'> {
  readonly store: Pick<Store, 'db'>;
  /** Called after each transaction with the position folded up to, and the journal's last. */
  readonly onProgress?: (position: number, last: number) => void;
}

/**
 * Computes all states again from the journal, in shadow tables and without blocking callbacks, then corrects the live
 * tables in one short transaction under the writer's lock: readers see all of the old states or all of the new ones. A
 * row that differed gets a version above its old one, so that clients' caches replace it; the others are not touched.
 * Where any differed, subscribers are sent a SNAPSHOT (mark-recomputed.ts). Quarantined rows stay quarantined, and banks
 * that no row names any more stay.
 *
 * Where rows of version 0.1 lack `confirms` and `putsBack`, both are decided on the way and written to them. The last
 * transaction sets the edition of the rules; after a crash the next rebuild starts over and writes the same. Rejects
 * where another rebuild begins meanwhile.
 */
export async function rebuild(options: RebuildOptions): Promise<Rebuilt> {
  for (;;) {
    const expectedStages = await readExpectedStages(options.store.db);
    const rebuilt = await rebuildFor(expectedStages, options);
    if (rebuilt !== null) return rebuilt;
  }
}

/** Returns null, and changes no state, where other EXPECTED_STAGES were set meanwhile. */
async function rebuildFor(
  expectedStages: readonly StageName[],
  options: RebuildOptions,
): Promise<Rebuilt | null> {
  const {
    parse,
    store: { db },
    onProgress = () => {},
  } = options;
  const decidesEffects = (await readEdition(db)) < EFFECTS_IN_ROWS;
  const fold = { parse, expectedStages, decidesEffects, run: randomUUID() };
  await prepare(db, fold.run);
  let rows = 0;
  let position = 0;
  for (let last = await readPosition(db); last - position > MAX_LAST_ROWS; last = await readPosition(db)) {
    const folded = await db.transaction((tx) => foldRows(tx, position, fold));
    if (folded.rows === 0) break;
    position = folded.position;
    rows += folded.rows;
    onProgress(position, last);
  }
  return db.transaction(async (tx) => {
    await tx.execute(lockForWriting);
    if (formatStages(await readExpectedStages(tx)) !== formatStages(expectedStages)) return null;
    for (let more = true; more; ) {
      const folded = await foldRows(tx, position, fold);
      position = folded.position;
      rows += folded.rows;
      more = folded.rows > 0;
    }
    await allowTableScans(tx);
    const corrected = { rows, sessions: await correct(tx, sessions), payments: await correct(tx, payments) };
    await takeBanks(tx);
    await tx.execute(sql`drop schema rebuild cascade`);
    if (corrected.sessions + corrected.payments > 0) await markRecomputed(tx);
    await tx
      .update(storeTable)
      .set({ rulesEdition: RULES_EDITION })
      .where(and(eq(storeTable.id, 1), lt(storeTable.rulesEdition, RULES_EDITION)));
    onProgress(position, position);
    return corrected;
  });
}

const TABLES = [sessions, payments, banks];

async function readEdition(db: Db): Promise<number> {
  const [row] = await db.select({ edition: storeTable.rulesEdition }).from(storeTable);
  return row?.edition ?? RULES_EDITION;
}

/**
 * The shadow tables have the live ones' names in a schema of their own, so that the same statements write them. Their
 * only index is the primary key: nothing else is looked up in them.
 */
async function prepare(db: Db, run: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(lockForRebuild);
    await tx.execute(sql`drop schema if exists rebuild cascade`);
    await tx.execute(sql`create schema rebuild`);
    for (const table of TABLES) {
      await tx.execute(sql`create unlogged table rebuild.${table} (like ${table})`);
      await tx.execute(sql`alter table rebuild.${table} add primary key (${keyOf(table)})`);
    }
    await tx.execute(sql`create table rebuild.run as select ${run}::text as run`);
  });
}

/** Until the end of the transaction, the state tables' names refer to this run's shadow tables. */
async function useShadow(tx: Db, run: string): Promise<void> {
  await tx.execute(USE_SHADOW);
  const [row] = await tx.select({ run: sql<string>`run` }).from(sql`rebuild.run`);
  if (row?.run !== run)
    throw new Error('another rebuild of this store began meanwhile: this one is given up');
}

/** The search path, and no plans by scan: a plan made while a shadow table was small must not stay a scan of it. */
const USE_SHADOW = sql`select set_config('search_path', 'rebuild, public', true),
  set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
  set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`;

/** Comparing whole tables takes time, and join methods that are off for single look-ups. */
async function allowTableScans(tx: Db): Promise<void> {
  for (const setting of [
    'statement_timeout = 0',
    'enable_hashjoin = on',
    'enable_mergejoin = on',
    'enable_seqscan = on',
  ]) {
    await tx.execute(sql.raw(`set local ${setting}`));
  }
}

interface Fold extends Pick<JournalOptions, 'parse'> {
  readonly expectedStages: readonly StageName[];
  readonly decidesEffects: boolean;
  /** Identifies this rebuild in its shadow schema. */
  readonly run: string;
}

async function foldRows(
  tx: Db,
  after: number,
  { parse, expectedStages, decidesEffects, run }: Fold,
): Promise<{ rows: number; position: number }> {
  await useShadow(tx, run);
  const upTo = await lastOfNextRows(tx, after);
  if (upTo === null) return { rows: 0, position: after };
  const found = await tx
    .select()
    .from(callbacks)
    .where(and(...isNext(after), lte(callbacks.position, upTo)))
    .orderBy(asc(callbacks.position));
  const read = found.map(toJournalRow).map((row: JournalRow) => ({ row, callback: readAgain(row, parse) }));
  const held = await readStates(tx, namesOf(read.map(({ callback }) => callback)));
  const states = new States(held, expectedStages);
  if (decidesEffects) await decideEffects(tx, read, states);
  else for (const { row, callback } of read) states.advance(callback, row);
  await writeStates(tx, states.touched(), held);
  return { rows: found.length, position: upTo };
}

const isNext = (after: number) => [gt(callbacks.position, after), ne(callbacks.outcome, 'QUARANTINED')];

/** The last position of the next transaction's rows; null where none is left. Reads no bodies. */
async function lastOfNextRows(tx: Db, after: number): Promise<number | null> {
  const next = tx
    .select({ position: callbacks.position, body: callbacks.body })
    .from(callbacks)
    .where(and(...isNext(after)))
    .orderBy(asc(callbacks.position))
    .limit(ROWS_PER_TRANSACTION)
    .as('next');
  const counted = tx
    .select({
      position: next.position,
      n: sql<number>`row_number() over (order by ${next.position})`.as('n'),
      bytes: sql<number>`sum(octet_length(${next.body})) over (order by ${next.position})`.as('bytes'),
    })
    .from(next)
    .as('counted');
  const [end] = await tx
    .select({ position: sql<number | null>`max(${counted.position})`.mapWith(callbacks.position) })
    .from(counted)
    .where(sql`${counted.n} = 1 or ${counted.bytes} <= ${BODY_BYTES_PER_TRANSACTION}`);
  return end?.position ?? null;
}

/** Makes the live table equal to the shadow table. Returns how many rows differed, were missing or were too many. */
async function correct(tx: Db, table: typeof sessions | typeof payments): Promise<number> {
  const key = keyOf(table);
  const columns: PgColumn[] = Object.values(getTableColumns(table));
  const content = columns.filter((column) => column.name !== 'version');
  const list = (prefix: SQL) =>
    sql.join(
      content.map((column) => comparable(sql`${prefix}.${sql.identifier(column.name)}`, column)),
      sql`, `,
    );
  // In 0.1, rows that changed nothing visible did not raise the version; now they do.
  const differ = sql`live.${key} = shadow.${key} and
    ((${list(sql`live`)}) is distinct from (${list(sql`shadow`)}) or shadow.version > live.version)`;
  const tooMany = sql`not exists (select from rebuild.${table} as shadow where shadow.${key} = live.${key})`;
  const missing = sql`not exists (select from public.${table} as live where live.${key} = shadow.${key})`;

  const changed = await count(tx, sql`public.${table} as live, rebuild.${table} as shadow where ${differ}`);
  const removed = await count(tx, sql`public.${table} as live where ${tooMany}`);
  const added = await count(tx, sql`rebuild.${table} as shadow where ${missing}`);
  if (changed > 0) {
    const set = sql.join(
      content.map(({ name }) => sql`${sql.identifier(name)} = shadow.${sql.identifier(name)}`),
      sql`, `,
    );
    await tx.execute(
      sql`update public.${table} as live set ${set}, version = greatest(live.version + 1, shadow.version) from rebuild.${table} as shadow where ${differ}`,
    );
  }
  if (removed > 0) await tx.execute(sql`delete from public.${table} as live where ${tooMany}`);
  if (added > 0) await addMissing(tx, table);
  return changed + removed + added;
}

/** Two texts may be the same json, and only jsonb can tell. */
const comparable = (value: SQL, column: PgColumn): SQL =>
  column.getSQLType() === 'json' ? sql`${value}::jsonb` : value;

function keyOf(table: (typeof TABLES)[number]): SQL {
  const column =
    table === sessions ? sessions.sessionId : table === payments ? payments.paymentId : banks.bankId;
  return sql`${sql.identifier(column.name)}`;
}

async function addMissing(tx: Db, table: PgTable): Promise<void> {
  const names = sql.join(
    Object.values(getTableColumns(table)).map((column) => sql.identifier(column.name)),
    sql`, `,
  );
  await tx.execute(
    sql`insert into public.${table} (${names}) select ${names} from rebuild.${table} on conflict do nothing`,
  );
}

/** A bank that no row names any more stays: many sessions name the same bank, and one of them may be shown. */
async function takeBanks(tx: Db): Promise<void> {
  await tx.execute(
    sql`update public.${banks} as live set secondary_identifiers = shadow.secondary_identifiers from rebuild.${banks} as shadow
      where live.bank_id = shadow.bank_id and live.secondary_identifiers is distinct from shadow.secondary_identifiers`,
  );
  await addMissing(tx, banks);
}

async function count(tx: Db, from: SQL): Promise<number> {
  const [row] = await tx.select({ n: sql`count(*)`.mapWith(Number) }).from(sql`${from}`);
  return row?.n ?? 0;
}
