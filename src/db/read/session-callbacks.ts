import { sql } from 'drizzle-orm';
import type { JournalRow } from '../../domain/journal/row.ts';
import { callbacks } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { toJournalRow } from '../tables/rows.ts';
import { batchKeys } from './batch-keys.ts';
import { createBatchLoader } from './batch-loader.ts';
import type { Condition } from './conditions.ts';
import { CALLBACK_COLUMNS, type CallbackPage, callbackConditions } from './journal-reads.ts';
import { type ListOf, orderOf, topOf } from './page.ts';
import { headOf, listOf, type PageQuery, planPage, whereOf } from './page-query.ts';
import { createPreparedByShape } from './prepared-by-shape.ts';
import type { ReadQueue } from './read-queue.ts';
import type { Reader } from './reader.ts';

interface Key {
  readonly sessionId: string;
  readonly page: CallbackPage;
  readonly reader: Reader;
}

/** A key with its index in the batch. */
type Placed = readonly [place: number, key: Key];

/**
 * A page of one session's journal, with the quarantined rows that claim the session; empty unless the viewer is an
 * operator. Only for a session that was already read for the viewer. Pages that are read in one turn and differ only in
 * the session share one statement.
 */
export type SessionCallbacks = (
  sessionId: string,
  page: CallbackPage,
  reader: Reader,
) => Promise<ListOf<JournalRow>>;

export function createSessionCallbacks({ db }: Pick<Store, 'db'>, queue: ReadQueue): SessionCallbacks {
  const prepared = createPreparedByShape<ReturnType<typeof prepareSessionCallbacks>>('session_callbacks');
  const pageName = ({ page, reader }: Key) => JSON.stringify([page, reader.viewer.isOperator]);

  /** One statement for keys that differ only in the session. */
  async function loadAlike({ page, reader }: Key, keys: readonly Placed[]) {
    const query = planPage(page, CALLBACK_COLUMNS, [OF_KEY, ...callbackConditions(page, reader)]);
    const statement = prepared(query, (name) => prepareSessionCallbacks(db, query, name));
    const wanted = keys.map(([n, { sessionId }]) => ({ n, id: sessionId, owner: null }));
    const found = await statement.execute({ ...query.values, keys: JSON.stringify(wanted) });
    const rows = groupBy(found, ({ keys: { n } }) => n);
    return keys.map(([n]) => [n, listOf(page, rows.get(n) ?? [], toJournalRow)] as const);
  }

  const load = createBatchLoader<Key, ListOf<JournalRow>>({
    queue,
    nameOf: (key) => `${key.sessionId}\0${pageName(key)}`,
    async load(keys) {
      const groups = groupBy([...keys.entries()], ([, key]) => pageName(key));
      const lists = await Promise.all(
        [...groups.values()].flatMap((group) => group.slice(0, 1).map(([, key]) => loadAlike(key, group))),
      );
      return lists
        .flat()
        .sort(([a], [b]) => a - b)
        .map(([, list]) => list);
    },
  });
  return (sessionId, page, reader) => load({ sessionId, page, reader }, reader.cancellation);
}

/** The journal rows of the key's session. */
const OF_KEY: Condition = {
  shape: 'of-key',
  text: () => sql`${callbacks.sessionId} = "keys"."id"`,
  values: {},
};

function prepareSessionCallbacks(db: Db, query: PageQuery<CallbackPage>, name?: string) {
  const { page, columns } = query;
  const keys = batchKeys(db);
  const row = db.select().from(callbacks).where(whereOf(query)).orderBy(topOf(page, columns)).as('row');
  const statement = db
    .select()
    .from(keys)
    .crossJoinLateral(headOf(db, callbacks, query))
    .leftJoinLateral(row, sql`true`)
    .orderBy(keys.n, ...orderOf(page, columns, 'row'));
  return name === undefined ? statement : statement.prepare(name);
}

function groupBy<Item, Name>(items: readonly Item[], nameOf: (item: Item) => Name): Map<Name, Item[]> {
  const groups = new Map<Name, Item[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group === undefined) groups.set(nameOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
