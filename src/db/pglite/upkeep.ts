import { setTimeout as pause } from 'node:timers/promises';
import type { PGlite } from '@electric-sql/pglite';
import type { Logger } from '../../logger.ts';

/** How often the journal's new pages are vacuumed: few enough each time, also at 7,000 callbacks a second. */
const ROUND_MS = 2_000;
/** Of so many rounds one, the first too, has the other tables as well, and a checkpoint: one a minute. */
const ROUNDS_PER_FULL = 30;
/** Between two steps, so that what has waited for one is served before the next. */
const PAUSE_MS = 20;
/**
 * A step that would take longer than this is left for the end of the process, in milliseconds: a third of what the loop may
 * stop for, since machines differ and others may use the processor.
 */
const MAX_STEP_MS = 35;
/** What a vacuum takes for a page of 8 KiB, in microseconds: of the table, and of its indexes where they are cleaned up. */
const TABLE_PAGE_US = 6;
const INDEX_PAGE_US = 25;
/** A table that has grown by this much since its statistics were taken gets new ones. */
const GROWN = 1.2;
/** Transactions since a table was frozen; PostgreSQL refuses to write at four times as many. */
const MAX_AGE = 500_000_000;

/**
 * Rows that are sampled for statistics are 300 times this (PostgreSQL's default is 100): each is a page to read, 26 µs.
 * A start parameter.
 */
export const STATISTICS_TARGET = 5;

/** What PostgreSQL's autovacuum and checkpointer do, which PGlite does not have. */
export interface Upkeep {
  /** To be called after each write: where nothing was written, nothing is done. */
  wrote(): void;
  /** Does what was left for the end, and resolves when nothing runs any more. */
  close(): Promise<void>;
}

/**
 * Keeps the tables in order, in steps that each stop the event loop for far less than 100 ms, since PGlite runs on this
 * thread and a vacuum cannot be interrupted. Rows are only added to the journal, so the new pages alone are looked at,
 * every 2 s, and those with deleted rows whose index entries could not be cleaned up. Of the other tables all pages are,
 * once a minute, and their indexes: where a table has become too large for that, it is done by `close`. Until then pages
 * are tidied by the updates that meet them, so such a table grows by about a tenth, and each update leaves some 100 bytes
 * in its indexes (docs/decisions/0035, 0064).
 */
export function createUpkeep({ client, log }: { client: PGlite; log: Logger }): Upkeep {
  // For the pages and statistics of what an earlier process wrote.
  let wroteSinceRound = true;
  let wroteSinceFull = true;
  let rounds = 0;
  let closed = false;
  let running: Promise<void> | null = null;
  /** Pages of each table when its statistics were taken. */
  const analyzed = new Map<string, number>();
  const postponed = new Set<string>();
  let journalIsLeft = false;

  const step = async (statement: string): Promise<void> => {
    await client.exec(statement);
    if (!closed) await pause(PAUSE_MS, undefined, { ref: false });
  };

  async function round(isFull: boolean): Promise<void> {
    for (const table of await readTables(client)) {
      if (closed) return;
      await vacuum(table, isFull);
      await analyze(table);
    }
    if (isFull) await step('checkpoint');
  }

  async function vacuum(table: Table, isFull: boolean): Promise<void> {
    if (table.age > MAX_AGE) {
      log.warn({ table: table.name, age: table.age }, 'the store freezes a table: everything waits for it');
      await step(`vacuum (truncate off) ${table.name}`);
    } else if (isFull || table.isJournal) {
      const tableMs = ((table.isJournal ? table.unseenPages : table.pages) * TABLE_PAGE_US) / 1_000;
      const indexesMs = (table.indexPages * INDEX_PAGE_US) / 1_000;
      const fits = tableMs <= MAX_STEP_MS;
      const withIndexes = isFull && tableMs + indexesMs <= MAX_STEP_MS;
      if (isFull && !withIndexes) postponed.add(table.name);
      if (table.isJournal && !fits) leaveJournal();
      if (fits)
        await step(`vacuum (truncate off, index_cleanup ${withIndexes ? 'auto' : 'off'}) ${table.name}`);
    }
  }

  function leaveJournal(): void {
    if (journalIsLeft) return;
    journalIsLeft = true;
    log.warn(JOURNAL_IS_LEFT);
  }

  async function analyze({ name, pages, hasStatistics, pagesAtVacuum }: Table): Promise<void> {
    const known = analyzed.get(name) ?? (hasStatistics ? pagesAtVacuum : 0);
    if (pages <= known * GROWN) return;
    await step(`analyze ${name}`);
    analyzed.set(name, pages);
  }

  function keepUp(): void {
    if (running !== null) return;
    const isFull = rounds % ROUNDS_PER_FULL === 0;
    rounds += 1;
    if (!(isFull ? wroteSinceFull : wroteSinceRound)) return;
    wroteSinceRound = false;
    if (isFull) wroteSinceFull = false;
    running = round(isFull)
      .catch((err: unknown) => {
        log.warn({ err }, 'the upkeep of the store failed: it is tried again in a minute');
      })
      .finally(() => {
        running = null;
      });
  }

  const timer = setInterval(keepUp, ROUND_MS).unref();
  return {
    wrote() {
      wroteSinceRound = true;
      wroteSinceFull = true;
    },
    async close() {
      closed = true;
      clearInterval(timer);
      await running;
      if (postponed.size === 0) return;
      await client.exec(`vacuum (truncate off) ${[...postponed].join(', ')}`).catch((err: unknown) => {
        log.warn({ err }, 'the upkeep of the store failed: it is tried again at the end of the next process');
      });
    },
  };
}

const JOURNAL_IS_LEFT =
  'the journal has too many pages with deleted rows to be vacuumed while the gateway runs: its space is used again after ' +
  'the next clean stop (SIGTERM). A store of this size belongs on PostgreSQL: see DATABASE_URL';

interface Table {
  /** As SQL names it. */
  readonly name: string;
  readonly isJournal: boolean;
  /** Of 8 KiB, with those of long values. */
  readonly pages: number;
  readonly indexPages: number;
  /** Pages that no vacuum has seen; in a table whose rows change, also others need one. */
  readonly unseenPages: number;
  readonly pagesAtVacuum: number;
  readonly hasStatistics: boolean;
  /** Transactions since it was frozen. */
  readonly age: number;
}

/** The store's tables, and those of the database itself that have to be frozen. */
async function readTables(client: PGlite): Promise<readonly Table[]> {
  const { rows } = await client.query<Table>(`
    select one.oid::regclass::text as name, one.relname = 'callbacks' as "isJournal",
      (pg_table_size(one.oid) / 8192)::int as pages, (pg_indexes_size(one.oid) / 8192)::int as "indexPages",
      (pg_relation_size(one.oid) + coalesce(pg_relation_size(long.oid), 0))::int8 / 8192
        - one.relallvisible - coalesce(long.relallvisible, 0) as "unseenPages",
      one.relpages + coalesce(long.relpages, 0) as "pagesAtVacuum",
      exists (select from pg_statistic where starelid = one.oid) as "hasStatistics",
      greatest(age(one.relfrozenxid), age(long.relfrozenxid)) as age
    from pg_class as one left join pg_class as long on long.oid = one.reltoastrelid
    where one.relkind = 'r'
      and (one.relnamespace = 'public'::regnamespace or age(one.relfrozenxid) > ${MAX_AGE})`);
  return rows;
}
