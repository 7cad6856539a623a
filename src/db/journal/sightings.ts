import { asc, gt, type SQL, sql } from 'drizzle-orm';
import type { Sighting } from '../../domain/journal/history.ts';
import { callbacks, store } from '../schema.ts';
import { sqlStateOf } from '../sql-state.ts';
import type { Db, Store } from '../store.ts';
import { HEAD_COLUMNS } from '../tables/head-columns.ts';
import type { CallbackRow } from '../tables/rows.ts';
import type { StagesInStore } from '../tables/stages-in-store.ts';

/** Reads what distinguishes one history of a store from another. */
export interface Sightings {
  /** What the store is now, with the fingerprint of the row at `position`. */
  at(position: number): Promise<Sighting & StagesInStore>;
  /** The same, read in one statement with at most `limit` rows of the journal after `position`. */
  withRowsAfter(
    position: number,
    limit: number,
  ): Promise<{ readonly sighting: Sighting & StagesInStore; readonly found: readonly CallbackRow[] }>;
}

const NOT_SAID = sql`null::text`;
const SYSTEM = sql`(select system_identifier::text from pg_control_system())`;
/** The first digits of a WAL file's name are its timeline. The last checkpoint may still be of the one before. */
const TIMELINE = sql`case when pg_is_in_recovery() then null else left(pg_walfile_name(pg_current_wal_lsn()), 8) end`;

const STORE_IS_EMPTY = 'the table store has no row';

export function createSightings({ db, kind }: Pick<Store, 'db' | 'kind'>): Sightings {
  let prepared: Promise<Statements> | null = null;

  /** Prepared when first needed: it is tried once which functions the role may call. */
  function statements(): Promise<Statements> {
    prepared ??= prepareFor(db, kind).catch((error: unknown) => {
      prepared = null;
      throw error;
    });
    return prepared;
  }

  return {
    async at(position) {
      const [sighting] = await (await statements()).alone.execute({ position });
      if (sighting === undefined) throw new Error(STORE_IS_EMPTY);
      return sighting;
    },
    async withRowsAfter(position, limit) {
      const rows = await (await statements()).withRows.execute({ position, limit });
      const [first] = rows;
      if (first === undefined) throw new Error(STORE_IS_EMPTY);
      return { sighting: first.sighting, found: rows.flatMap(({ found }) => found ?? []) };
    },
  };
}

type Statements = ReturnType<typeof prepare>;

async function prepareFor(db: Db, kind: Store['kind']): Promise<Statements> {
  // PGlite is open in this process alone: nobody can replace it meanwhile.
  if (kind === 'pglite') return prepare(db, NOT_SAID, NOT_SAID);
  const system = (await isAllowed(db, SYSTEM)) ? SYSTEM : NOT_SAID;
  const timeline = (await isAllowed(db, TIMELINE)) ? TIMELINE : NOT_SAID;
  return prepare(db, system, timeline);
}

/** Some hosting providers do not allow these functions. Without them, the fingerprints still find most replacements. */
async function isAllowed(db: Db, expression: SQL): Promise<boolean> {
  try {
    await db.execute(sql`select ${expression}`);
    return true;
  } catch (error) {
    // Access or syntax error, not supported, not in this state: trying again would not help.
    if (/^(42|0A|55)/.test(sqlStateOf(error) ?? '')) return false;
    throw error;
  }
}

function prepare(db: Db, system: SQL, timeline: SQL) {
  const position = sql`${sql.placeholder('position')}::bigint`;
  const columns = {
    ...HEAD_COLUMNS,
    recomputations: store.recomputations,
    expectedStages: store.expectedStages,
    recomputedTo: store.recomputedTo,
    rowThere: sql<
      string | null
    >`(select ${callbacks.fingerprint} from ${callbacks} where ${callbacks.position} = ${position})`.as(
      'row_there',
    ),
    system: sql<string | null>`${system}`.as('system'),
    timeline: sql<string | null>`${timeline}`.as('timeline'),
    isStandby: sql<boolean>`pg_is_in_recovery()`.as('is_standby'),
  };
  const sighting = db.select(columns).from(store).as('sighting');
  const found = db
    .select()
    .from(callbacks)
    .where(gt(callbacks.position, position))
    .orderBy(asc(callbacks.position))
    .limit(sql.placeholder('limit'))
    .as('found');
  return {
    alone: db.select(columns).from(store).prepare('journal_look'),
    withRows: db
      .select()
      .from(sighting)
      .leftJoin(found, sql`true`)
      .orderBy(asc(found.position))
      .prepare('journal_after'),
  };
}
