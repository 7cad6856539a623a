import { sql } from 'drizzle-orm';
import type { Logger } from '../logger.ts';
import { lockForWriting } from './locks.ts';
import { readMissing, TABLE_NAMES } from './migrate/migration-state.ts';
import { sqlStateOf } from './sql-state.ts';
import type { Db, Store } from './store.ts';
import { readPosition } from './tables/read-position.ts';

/** A batch or a probe that succeeded no longer ago than this is proof enough. */
const PROOF_MS = 500;
/** How long a probe waits for a lock. Whoever writes holds one for far less. */
const LOCK_WAIT_MS = 700;
/** An answer is due by then, whatever the store does. */
const ANSWER_WITHIN_MS = 1_000;

export interface ReadinessOptions {
  readonly store: Store;
  /** When this process last recorded a batch, by `performance.now()`; null where it never did. */
  readonly recordedAt: () => number | null;
  readonly log: Logger;
}

/** Whether callbacks can be recorded here. */
export interface Readiness {
  /**
   * Resolves within 1 s. True: a batch or a probe has just gone the whole way of a batch but for its COMMIT. Nothing
   * is tried unless somebody asks, nor more often than every 500 ms, nor while batches succeed.
   */
  canRecord(): Promise<boolean>;
  /** Resolves when nothing is being tried any more. */
  close(): Promise<void>;
}

/**
 * Tries the way of a batch: the writing connection, the writer's lock, a lock on each table that waits for whoever
 * keeps others out, the columns and the rights that a batch needs, and one write, which is taken back. A store that is
 * read-only, blocked, not migrated or away fails one of them. The cause is logged once, and so is the end.
 */
export function createReadiness({ store, recordedAt, log }: ReadinessOptions): Readiness {
  let last: { readonly ready: boolean; readonly at: number } | null = null;
  let running: { readonly result: Promise<boolean>; readonly since: number } | null = null;
  let wasReady = true;

  async function run(): Promise<boolean> {
    const fault = await probe(store);
    const ready = fault === null;
    last = { ready, at: performance.now() };
    running = null;
    if (ready !== wasReady && !ready)
      log.error({ err: fault }, 'not ready: callbacks cannot be recorded here');
    else if (ready !== wasReady) log.info('ready again: callbacks can be recorded');
    wasReady = ready;
    return ready;
  }

  return {
    async canRecord() {
      const now = performance.now();
      const recorded = recordedAt();
      if (recorded !== null && now - recorded < PROOF_MS) return true;
      if (running === null && last !== null && now - last.at < PROOF_MS) return last.ready;
      running ??= { result: run(), since: now };
      const left = ANSWER_WITHIN_MS - (now - running.since);
      return left > 0 && (await withinMs(running.result, left));
    },
    async close() {
      await running?.result;
    },
  };
}

/** Ends a probe that went well: what it wrote is taken back. */
const TAKEN_BACK = Symbol('taken back');

/** What keeps callbacks from being recorded; null where nothing does. */
async function probe(store: Store): Promise<Error | null> {
  const before = await readPosition(store.db).catch(() => null);
  try {
    await store.write(async (tx) => {
      await tx.execute(sql`select set_config('lock_timeout', ${String(LOCK_WAIT_MS)}, true)`);
      await tx.execute(lockForWriting);
      await tx.execute(lockTables);
      await tx.execute(moveNothing);
      await checkTables(tx);
      throw TAKEN_BACK;
    });
  } catch (error) {
    if (error === TAKEN_BACK) return null;
    // Another instance may be so busy that our turn does not come: what it commits is proof too.
    if (sqlStateOf(error) === LOCK_NOT_AVAILABLE && before !== null) {
      const after = await readPosition(store.db).catch(() => null);
      if (after !== null && after > before) return null;
    }
    return error instanceof Error ? error : new Error(String(error));
  }
  return null;
}

const LOCK_NOT_AVAILABLE = '55P03';

const tables = sql.join(
  TABLE_NAMES.map((name) => sql.identifier(name)),
  sql`, `,
);
const lockTables = sql`lock table ${tables} in row exclusive mode`;
const moveNothing = sql`update store set position = position where id = 1`;

async function checkTables(tx: Db): Promise<void> {
  const missing = await readMissing(tx);
  if (missing.length > 0) throw new Error(`the store lacks ${missing.join(', ')}: run \`npm run migrate\``);
  const rights = ['select', 'insert', 'update'].flatMap((right) =>
    TABLE_NAMES.map((name) => sql`has_table_privilege(to_regclass(${name}), ${right})`),
  );
  const [row] = await tx
    .select({ allowed: sql<boolean>`${sql.join(rights, sql` and `)}` })
    .from(sql`(values (1)) as once`);
  if (row?.allowed !== true) throw new Error('this role may not write all tables of the store: grant it to');
}

/** What `result` says within `ms` milliseconds; false where it has not said it by then. */
export async function withinMs(result: Promise<boolean>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const ready = await Promise.race([result, late]);
  clearTimeout(timer);
  return ready;
}
