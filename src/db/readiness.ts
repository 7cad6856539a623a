import { sql } from 'drizzle-orm';
import type { Logger } from '../logger.ts';
import { lockForWriting } from './locks.ts';
import { readMissing, TABLE_NAMES } from './migrate/migration-state.ts';
import { sqlStateOf } from './sql-state.ts';
import type { Db, Store } from './store.ts';
import { readPosition } from './tables/read-position.ts';

/** A batch or probe that succeeded within this time proves that the store is ready. */
const PROOF_MS = 500;
/** How long a probe waits for a lock. A writer holds one for far less. */
const LOCK_WAIT_MS = 700;
/** The answer comes within this time, even where the store hangs. */
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
   * Resolves within 1 s. True: within the last 500 ms a batch was committed, or a probe did all that a batch does except
   * COMMIT. A probe runs only when this is called, at most every 500 ms, and not while batches succeed.
   */
  canRecord(): Promise<boolean>;
  /** Resolves when no probe is running any more. */
  close(): Promise<void>;
}

/**
 * Probes all that a batch needs: the writing connection, the writer's lock, a ROW EXCLUSIVE lock on each table, the
 * columns, the privileges, and one write, which is rolled back. A store that is read-only, blocked, not migrated or
 * unreachable fails one of them. The cause is logged once, and the recovery once.
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

/** Thrown at the end of a successful probe, to roll back what it wrote. */
const ROLLED_BACK = Symbol('rolled back');

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
      throw ROLLED_BACK;
    });
  } catch (error) {
    if (error === ROLLED_BACK) return null;
    // Another instance may keep the lock busy: what it commits meanwhile proves the store ready too.
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
  if (row?.allowed !== true)
    throw new Error('this role may not write all tables of the store: grant it SELECT, INSERT and UPDATE');
}

/** The value of `result`, or false where it has not resolved within `ms` milliseconds. */
export async function withinMs(result: Promise<boolean>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const ready = await Promise.race([result, late]);
  clearTimeout(timer);
  return ready;
}
