import type { StateMemory } from '../tables/state-memory.ts';
import { type Key, type KeyStatement, keysParameter } from './batch-keys.ts';
import { type ListOf, type Page, toList } from './page.ts';
import { listOf, type PageQuery, type PageRow } from './page-query.ts';
import type { Found } from './state-statements.ts';

/** A row with its stamp: see db/tables/state-memory.ts. */
export interface Stamped {
  readonly stamp: string;
}

/** Statements by key, each for the same rows. */
export interface KeyStatements<Row> {
  /** Finds the rows, and returns only their stamps. */
  readonly stamps: {
    execute(values: { keys: string }): Promise<readonly Stamps[]>;
  };
  /** Returns the rows too. */
  readonly states: KeyStatement<{ readonly found: Row & Stamped; readonly on: On }>;
}

interface On {
  /** See db/tables/server.ts. */
  readonly server: string;
}

interface Stamps extends On {
  readonly found: readonly Found[] | null;
}

export type PageHead = PageRow<never>['head'] & On;

/** Statements for a page, each for the same rows. */
export interface PageStatements<Row, P extends Page<unknown, string>> {
  stamps(query: PageQuery<P>, name?: string): StampedPage;
  states(query: PageQuery<P>, name?: string): StatePage<Row>;
}

export interface StampedPage {
  execute(values: Record<string, unknown>): Promise<
    readonly {
      readonly head: PageHead;
      /** Of the rows in their order; null where there is none. */
      readonly list: { readonly ids: readonly string[] | null; readonly stamps: readonly string[] | null };
    }[]
  >;
}

export interface StatePage<Row> {
  execute(
    values: Record<string, unknown>,
  ): Promise<readonly (PageRow<Row & Stamped> & { readonly head: PageHead })[]>;
}

interface Remembering<S, Row> {
  readonly memory: StateMemory<S>;
  /** Keeps a row that was read; returns the state to use. */
  readonly keep: (server: string, row: Row & Stamped) => S;
}

/**
 * The states of keys, null where a key has none. Every call reads the stamps; the rows that memory does not have with
 * these stamps are read by a second statement, which finds them for the viewer again.
 */
export async function loadStates<S, Row>(
  keys: readonly Key[],
  { stamps, states }: KeyStatements<Row>,
  { memory, keep }: Remembering<S, Row>,
): Promise<readonly (S | null)[]> {
  const [{ server, found } = notMigrated()] = await stamps.execute({ keys: keysParameter(keys) });
  const answers: (S | null)[] = keys.map(() => null);
  const missing: number[] = [];
  for (const [n, id, stamp] of found ?? []) {
    const state = memory.find(server, id, stamp);
    if (state === undefined) missing.push(n);
    else answers[n] = state;
  }
  if (missing.length === 0) return answers;
  const read = missing.flatMap((n) => keys[n] ?? []);
  for (const { keys: key, found, on } of await states.execute({ keys: keysParameter(read) })) {
    const n = missing[key.n];
    if (n !== undefined) answers[n] = keep(on.server, found);
  }
  return answers;
}

/**
 * The states of a page. Where memory does not have all of its rows, the page is read again, whole: so its rows are
 * those of one moment.
 */
export async function loadPage<S, Row>(
  page: Page<unknown, string>,
  values: Record<string, unknown>,
  { stamps, states }: { readonly stamps: StampedPage; readonly states: () => StatePage<Row> },
  { memory, keep }: Remembering<S, Row>,
): Promise<ListOf<S>> {
  const [answer = notMigrated()] = await stamps.execute(values);
  const { server, hasPrevious, hasNext, ...head } = answer.head;
  const { ids, stamps: stampsOfIds } = answer.list;
  const known: S[] = [];
  for (const [place, id] of (ids ?? []).entries()) {
    const stamp = stampsOfIds?.[place];
    const state = stamp === undefined ? undefined : memory.find(server, id, stamp);
    if (state === undefined) break;
    known.push(state);
  }
  if (known.length === (ids?.length ?? 0)) {
    return { ...toList(page, known, { hasPrevious, hasNext }), head };
  }
  const rows = await states().execute(values);
  const [first = notMigrated()] = rows;
  return listOf(page, rows, (row) => keep(first.head.server, row));
}

function notMigrated(): never {
  throw new Error('the table store has no row: it was never migrated');
}
