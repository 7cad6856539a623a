import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { eq, sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate as applyMigrations } from 'drizzle-orm/pg-core/async/session';
import { MIGRATIONS_FOLDER } from '../../config/package-files.ts';
import { RULES_EDITION } from '../../domain/rules-edition.ts';
import { CallboardError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { store } from '../schema.ts';
import { APPLICATION_NAME_OF_0_1, SCHEMA_VERSION } from '../schema-version.ts';
import { sqlStateOf } from '../sql-state.ts';
import type { Db } from '../store.ts';
import { countConnections, type MigrationState, readMigrationState } from './migration-state.ts';
import { sayWaiting, takeTurn } from './migration-turn.ts';

const FOLDER = fileURLToPath(MIGRATIONS_FOLDER);
const OF_0_1 = '0.1';

export interface MigrateOptions {
  /** `off`: a store that is not migrated is refused with a NotMigratedError. */
  readonly migrate: 'auto' | 'off';
  readonly pooled: boolean;
  readonly log: Logger;
}

const NOTHING: MigrationState = { pending: [], missing: [], openedBy: null, edition: null };

/**
 * The store lacks migrations, or its states were computed by earlier rules, and this process is configured not to
 * migrate it.
 */
export class NotMigratedError extends CallboardError {
  /** @param state null where its tables are locked */
  constructor(state: MigrationState | null) {
    const { pending, missing, openedBy, edition } = state ?? NOTHING;
    const what =
      state === null
        ? 'its tables are locked, as they are while it is migrated'
        : openedBy === null
          ? 'it has no tables of Callboard'
          : pending.length > 0
            ? `it lacks ${pending.join(', ')}`
            : missing.length > 0
              ? `it lacks ${missing.join(', ')}`
              : openedBy !== SCHEMA_VERSION
                ? `it is one of Callboard ${openedBy}`
                : `its states were computed by rules of edition ${edition}, and these are of ${RULES_EDITION}`;
    super('UNAVAILABLE', `The store is not migrated (${what}): run \`npm run migrate\`.`);
  }
}

/**
 * Brings the store's tables up to date and inserts its one row, in one transaction under an advisory lock: instances
 * that start at the same time take turns, also behind a transaction pooler. It first reads the store's state without
 * writing: where nothing is to be done, a role without CREATE suffices. Returns the names of the applied migrations.
 *
 * Rejects where a newer minor version of Callboard has opened the store, and where a Callboard 0.1 is still connected
 * to a store that must be migrated.
 */
export async function migrate(
  db: Db,
  { migrate: mode, pooled, log }: MigrateOptions,
): Promise<readonly string[]> {
  const patience = sayWaiting(log);
  try {
    return await db.transaction(async (tx) => {
      if (mode === 'auto') await takeTurn(tx, log);
      else await tx.execute(briefly);
      const files = readMigrationFiles({ migrationsFolder: FOLDER });
      const state = await readMigrationState(
        tx,
        files.map(({ name }) => name ?? ''),
      );
      const { openedBy, pending } = state;
      if (openedBy !== null && isNewer(openedBy, SCHEMA_VERSION)) throw openedByNewer(openedBy);
      if (mode === 'off' && !(isCurrent(state) && isOfTheseRules(state))) throw new NotMigratedError(state);
      if (!isCurrent(state)) {
        if (pending.length === 0 && state.missing.length > 0) throw damaged(state);
        if (openedBy === OF_0_1) await refuseBesideOld(tx, pooled);
        for (const [index, { name = '' }] of files.entries()) {
          if (!pending.includes(name)) continue;
          log.info({ migration: name }, 'applying a migration to the store');
          await apply(tx, files.slice(0, index + 1), name);
        }
      }
      await settleRow(tx, openedBy);
      return pending;
    });
  } catch (error) {
    throw mode === 'off' && sqlStateOf(error) === QUERY_CANCELED ? new NotMigratedError(null) : error;
  } finally {
    clearInterval(patience);
  }
}

/** The SQLSTATE of a statement ended by statement_timeout. */
const QUERY_CANCELED = '57014';

/** With `off` it waits for locks 1 s only: a migration under way elsewhere keeps tables locked. */
const briefly = sql`select set_config('statement_timeout', '1000', true)`;

const isCurrent = ({ pending, missing, openedBy }: MigrationState): boolean =>
  pending.length === 0 && missing.length === 0 && (openedBy === null || !isNewer(SCHEMA_VERSION, openedBy));

/** Checked with `off` only: with `auto` the next step computes the states again (apply-rules.ts). */
const isOfTheseRules = ({ edition }: MigrationState): boolean => edition === null || edition >= RULES_EDITION;

async function refuseBesideOld(tx: Db, pooled: boolean): Promise<void> {
  const connected = await countConnections(tx, APPLICATION_NAME_OF_0_1);
  if (connected === 0) return;
  const pooler = pooled ? ' A pooler keeps its idle connections for a while: have it reconnect.' : '';
  throw new CallboardError(
    'UNAVAILABLE',
    `A Callboard 0.1 is connected to this store (${connected} connections named "${APPLICATION_NAME_OF_0_1}" in pg_stat_activity), and cannot run together with ${SCHEMA_VERSION}: stop every instance of 0.1, then start this one again.${pooler}`,
  );
}

async function apply(tx: Db, files: ReturnType<typeof readMigrationFiles>, name: string): Promise<void> {
  try {
    await applyMigrations(files, tx, { migrationsFolder: FOLDER });
  } catch (cause) {
    throw new MigrationError(name, cause);
  }
}

/** One migration could not be applied; `cause` says why, and nothing of it stays in the store. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  /** Path within the package. */
  readonly file: string;

  constructor(migration: string, cause: unknown) {
    super(`The migration ${migration} could not be applied.`, { cause });
    this.file = `drizzle/${migration}/migration.sql`;
  }
}

async function settleRow(tx: Db, openedBy: string | null): Promise<void> {
  if (openedBy === SCHEMA_VERSION) return;
  if (openedBy !== null) {
    await tx.update(store).set({ openedBy: SCHEMA_VERSION }).where(eq(store.id, 1));
    return;
  }
  const fingerprint = randomBytes(8).toString('hex');
  await tx
    .insert(store)
    .values({
      id: 1,
      identity: randomBytes(4).toString('hex'),
      position: 0,
      fingerprint,
      lowest: 0,
      lowestFingerprint: fingerprint,
      expectedStages: '',
      rulesEdition: RULES_EDITION,
      openedBy: SCHEMA_VERSION,
    })
    .onConflictDoNothing();
}

function openedByNewer(openedBy: string): CallboardError {
  return new CallboardError(
    'UNAVAILABLE',
    `This store was opened by Callboard ${openedBy}; this is ${SCHEMA_VERSION}. Start the newer version.`,
  );
}

function damaged({ missing }: MigrationState): CallboardError {
  return new CallboardError(
    'UNAVAILABLE',
    `The store lacks ${missing.join(', ')}, though every migration was applied: restore it from a backup, or give this role access to the schema that holds the tables.`,
  );
}

function isNewer(a: string, b: string): boolean {
  return a.localeCompare(b, 'en', { numeric: true }) > 0;
}
