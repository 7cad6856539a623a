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
  /** Of several pages of one shape. */
  stampsOfSome(query: PageQuery<P>, name?: string): StampedPages;
  states(query: PageQuery<P>, name?: string): StatePage<Row>;
}

/** The stamps of a page's rows. */
interface StampsOfPage {
  readonly head: PageHead;
  /** Of the rows in their order; null where there is none. */
  readonly list: { readonly ids: readonly string[] | null; readonly stamps: readonly string[] | null };
}

export interface StampedPage {
  execute(values: Record<string, unknown>): Promise<readonly StampsOfPage[]>;
}

export interface StampedPages {
  execute(values: {
    asked: string;
  }): Promise<readonly (StampsOfPage & { readonly head: { readonly n: number } })[]>;
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

/** Reads the states of a page, whose rows are those of one moment. */
export async function loadPage<S, Row>(
  { page, values }: PageQuery,
  { stamps, states }: { readonly stamps: StampedPage; readonly states: () => StatePage<Row> },
  remembering: Remembering<S, Row>,
): Promise<ListOf<S>> {
  const [found = notMigrated()] = await stamps.execute(values);
  return fromMemory(page, found, remembering) ?? readStates(page, values, states(), remembering);
}

/** The same of several pages of one shape, found by one statement. */
export async function loadPages<S, Row>(
  queries: readonly PageQuery[],
  { stamps, states }: { readonly stamps: StampedPages; readonly states: () => StatePage<Row> },
  remembering: Remembering<S, Row>,
): Promise<readonly (ListOf<S> | Promise<ListOf<S>>)[]> {
  const asked = JSON.stringify(queries.map(({ values }, n) => ({ n, ...values })));
  const pages: (ListOf<S> | Promise<ListOf<S>>)[] = [];
  for (const found of await stamps.execute({ asked })) {
    const { n } = found.head;
    const { page, values } = queries[n] ?? notMigrated();
    pages[n] = fromMemory(page, found, remembering) ?? readStates(page, values, states(), remembering);
  }
  return pages;
}

/** The page, where memory has all of its rows as they are. */
function fromMemory<S>(
  page: Page<unknown, string>,
  { head, list: { ids, stamps } }: StampsOfPage,
  { memory }: Pick<Remembering<S, never>, 'memory'>,
): ListOf<S> | null {
  const { server, identity, position, fingerprint, lowest, lowestFingerprint } = head;
  const known: S[] = [];
  for (const [place, id] of (ids ?? []).entries()) {
    const stamp = stamps?.[place];
    const state = stamp === undefined ? undefined : memory.find(server, id, stamp);
    if (state === undefined) return null;
    known.push(state);
  }
  return {
    ...toList(page, known, head),
    head: { identity, position, fingerprint, lowest, lowestFingerprint },
  };
}

/** The page read again, whole: so its rows are those of one moment. */
async function readStates<S, Row>(
  page: Page<unknown, string>,
  values: Record<string, unknown>,
  statement: StatePage<Row>,
  { keep }: Pick<Remembering<S, Row>, 'keep'>,
): Promise<ListOf<S>> {
  const rows = await statement.execute(values);
  const [first = notMigrated()] = rows;
  return listOf(page, rows, (row) => keep(first.head.server, row));
}

function notMigrated(): never {
  throw new Error('the table store has no row: it was never migrated');
}
