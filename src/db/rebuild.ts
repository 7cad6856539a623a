import { and, asc, getTableColumns, gt, ne, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { formatStages } from '../domain/expected-stages.ts';
import type { JournalRow } from '../domain/journal.ts';
import type { StageName } from '../domain/words.ts';
import { readExpectedStages } from './expected-stages.ts';
import { type JournalOptions, readAgain } from './journal.ts';
import { lockForRebuild, lockForWriting } from './locks.ts';
import { markRecomputed } from './recomputed.ts';
import { toJournalRow } from './rows.ts';
import { banks, callbacks, payments, sessions } from './schema.ts';
import { namesOf, readStates, writeStates } from './state-tables.ts';
import { States } from './states.ts';
import type { Db, Store } from './store.ts';
import { readPosition } from './write-batch.ts';

/** Rows folded in one transaction. */
const PORTION = 1_000;
/** Fewer rows than this are left for the last step, which holds the writer's lock. */
const CAUGHT_UP = 200;

/** What a rebuild found. Counts are of sessions and payments whose content differed from the journal's fold. */
export interface Rebuilt {
  readonly rows: number;
  readonly sessions: number;
  readonly payments: number;
}

export interface RebuildOptions extends Pick<JournalOptions, 'parse'> {
  readonly store: Store;
  /** Told after each portion: the position folded up to, and the journal's last. */
  readonly onProgress?: (position: number, last: number) => void;
}

/**
 * Computes all state anew from the journal, beside the live tables and without holding anybody up, then puts right
 * what differs in one short transaction under the writer's lock: readers see all of the old state or all of the
 * new. A row whose content differed gets its old version + 1, so that a cache takes the right one; the others stay
 * as they are. Where any differed, subscribers are sent a SNAPSHOT (see recomputed.ts). Quarantine is not decided anew, and banks that no row names any more stay.
 */
export async function rebuild(options: RebuildOptions): Promise<Rebuilt> {
  for (;;) {
    const expectedStages = await readExpectedStages(options.store.db);
    const rebuilt = await rebuildFor(expectedStages, options);
    if (rebuilt !== null) return rebuilt;
  }
}

/** Gives null, and changes nothing, where other EXPECTED_STAGES were set meanwhile. */
async function rebuildFor(
  expectedStages: readonly StageName[],
  options: RebuildOptions,
): Promise<Rebuilt | null> {
  const {
    parse,
    store: { db },
    onProgress = () => {},
  } = options;
  const fold = { parse, expectedStages };
  await prepare(db);
  let rows = 0;
  let position = 0;
  for (let last = await readPosition(db); last - position > CAUGHT_UP; last = await readPosition(db)) {
    const portion = await db.transaction((tx) => foldPortion(tx, position, fold));
    if (portion.rows === 0) break;
    position = portion.position;
    rows += portion.rows;
    onProgress(position, last);
  }
  return db.transaction(async (tx) => {
    await tx.execute(lockForWriting);
    if (formatStages(await readExpectedStages(tx)) !== formatStages(expectedStages)) return null;
    for (let more = true; more; ) {
      const portion = await foldPortion(tx, position, fold);
      position = portion.position;
      rows += portion.rows;
      more = portion.rows > 0;
    }
    await takeTime(tx);
    const corrected = { rows, sessions: await correct(tx, sessions), payments: await correct(tx, payments) };
    await takeBanks(tx);
    await tx.execute(sql`drop schema rebuild cascade`);
    if (corrected.sessions + corrected.payments > 0) await markRecomputed(tx);
    onProgress(position, position);
    return corrected;
  });
}

const TABLES = [sessions, payments, banks];

/** The shadow tables bear the live ones' names in a schema of their own, so that the same statements write them. */
async function prepare(db: Db): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(lockForRebuild);
    await tx.execute(sql`drop schema if exists rebuild cascade`);
    await tx.execute(sql`create schema rebuild`);
    for (const table of TABLES) {
      await tx.execute(sql`create unlogged table rebuild.${table} (like ${table} including indexes)`);
    }
  });
}

/** From here to the end of the transaction, the state tables' names mean the shadow tables. */
async function useShadow(tx: Db): Promise<void> {
  await tx.execute(sql`set local search_path to rebuild, public`);
}

/** Comparing whole tables takes its time, and joins that single look-ups do without. */
async function takeTime(tx: Db): Promise<void> {
  for (const setting of ['statement_timeout = 0', 'enable_hashjoin = on', 'enable_seqscan = on']) {
    await tx.execute(sql.raw(`set local ${setting}`));
  }
}

async function foldPortion(
  tx: Db,
  after: number,
  {
    parse,
    expectedStages,
  }: Pick<JournalOptions, 'parse'> & { readonly expectedStages: readonly StageName[] },
): Promise<{ rows: number; position: number }> {
  await useShadow(tx);
  const found = await tx
    .select()
    .from(callbacks)
    .where(and(gt(callbacks.position, after), ne(callbacks.outcome, 'QUARANTINED')))
    .orderBy(asc(callbacks.position))
    .limit(PORTION);
  const read = found.map(toJournalRow).map((row: JournalRow) => ({ row, callback: readAgain(row, parse) }));
  const held = await readStates(tx, namesOf(read.map(({ callback }) => callback)));
  const states = new States(held, expectedStages);
  for (const { row, callback } of read) states.advance(callback, row);
  await writeStates(tx, states.touched(), held);
  return { rows: found.length, position: found.at(-1)?.position ?? after };
}

/** Makes the live table's content that of the shadow table. Gives how many rows differed, were missing or too many. */
async function correct(tx: Db, table: typeof sessions | typeof payments): Promise<number> {
  const key = sql.identifier(table === sessions ? sessions.sessionId.name : payments.paymentId.name);
  const names = Object.values(getTableColumns(table)).map((column: PgColumn) => sql.identifier(column.name));
  const content = names.filter((name) => name.value !== 'version');
  const list = (prefix: SQL) =>
    sql.join(
      content.map((name) => sql`${prefix}.${name}`),
      sql`, `,
    );
  const differ = sql`live.${key} = shadow.${key} and (${list(sql`live`)}) is distinct from (${list(sql`shadow`)})`;
  const tooMany = sql`not exists (select from rebuild.${table} as shadow where shadow.${key} = live.${key})`;
  const missing = sql`not exists (select from public.${table} as live where live.${key} = shadow.${key})`;

  const changed = await count(tx, sql`public.${table} as live, rebuild.${table} as shadow where ${differ}`);
  const removed = await count(tx, sql`public.${table} as live where ${tooMany}`);
  const added = await count(tx, sql`rebuild.${table} as shadow where ${missing}`);
  if (changed > 0) {
    const set = sql.join(
      content.map((name) => sql`${name} = shadow.${name}`),
      sql`, `,
    );
    await tx.execute(
      sql`update public.${table} as live set ${set}, version = live.version + 1 from rebuild.${table} as shadow where ${differ}`,
    );
  }
  if (removed > 0) await tx.execute(sql`delete from public.${table} as live where ${tooMany}`);
  if (added > 0) await addMissing(tx, table);
  return changed + removed + added;
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

/** Banks are named by many sessions: one that no row names any more stays, since others may show it. */
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
