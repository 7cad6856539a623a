import { sql } from 'drizzle-orm';
import type { Cancellation } from '../../domain/cancellation.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { callbacks } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { toJournalRow } from '../tables/rows.ts';
import { createBatchLoader } from './batch-loader.ts';
import { type Condition, callbackConditions } from './conditions.ts';
import { keysTable } from './keys-table.ts';
import { CALLBACK_COLUMNS, type CallbackPage } from './list-reads.ts';
import { type Ask, askFor, headOf, listOf, whereOf } from './list-statement.ts';
import { type ListOf, orderOf, topOf } from './page.ts';
import { createStatements } from './prepared-by-shape.ts';
import type { ReadQueue } from './read-queue.ts';
import { callbackScope } from './scope.ts';

interface Key {
  readonly sessionId: string;
  readonly page: CallbackPage;
  readonly viewer: Viewer;
}

/** A key's place in its batch, and the key. */
type Placed = readonly [place: number, key: Key];

/**
 * A page of one session's journal, quarantined rows that claim the session too; empty for who is not an operator.
 * For a session that was already read for the viewer. Asked for in one turn, pages alike but for the session are
 * one statement. A read that is given up before its statement is sent rejects with the reason.
 */
export type SessionCallbacks = (
  sessionId: string,
  page: CallbackPage,
  viewer: Viewer,
  cancellation?: Cancellation,
) => Promise<ListOf<JournalRow>>;

export function createSessionCallbacks({ db }: Pick<Store, 'db'>, queue: ReadQueue): SessionCallbacks {
  const ofShape = createStatements<ReturnType<typeof prepareSessionCallbacks>>('session_callbacks');
  const pageName = ({ page, viewer: { isOperator } }: Key) => JSON.stringify([page, isOperator]);

  /** One statement for keys that differ in the session alone. */
  async function loadAlike({ page, viewer }: Key, keys: readonly Placed[]) {
    const ask = askFor(page, CALLBACK_COLUMNS, [
      OF_KEY,
      ...callbackScope(viewer),
      ...callbackConditions(page.filter),
    ]);
    const statement = ofShape(ask, (name) => prepareSessionCallbacks(db, ask, name));
    const wanted = keys.map(([n, { sessionId }]) => ({ n, id: sessionId, owner: null }));
    const found = await statement.execute({ ...ask.values, keys: JSON.stringify(wanted) });
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
  return (sessionId, page, viewer, cancellation) => load({ sessionId, page, viewer }, cancellation);
}

/** The journal of the session that the batch's key names. */
const OF_KEY: Condition = {
  shape: 'of-key',
  text: () => sql`${callbacks.sessionId} = "keys"."id"`,
  values: {},
};

function prepareSessionCallbacks(db: Db, ask: Ask<CallbackPage>, name?: string) {
  const keys = keysTable(db);
  const row = db.select().from(callbacks).where(whereOf(ask)).orderBy(topOf(ask.page, ask.columns)).as('row');
  const query = db
    .select()
    .from(keys)
    .crossJoinLateral(headOf(db, callbacks, ask))
    .leftJoinLateral(row, sql`true`)
    .orderBy(keys.n, ...orderOf(ask.page, { at: row.position, id: null }));
  return name === undefined ? query : query.prepare(name);
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
