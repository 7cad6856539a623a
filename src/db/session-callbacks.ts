import { sql } from 'drizzle-orm';
import type { JournalRow } from '../domain/journal.ts';
import type { Viewer } from '../domain/viewer.ts';
import { createBatchLoader } from './batch-loader.ts';
import { type Condition, callbackConditions } from './conditions.ts';
import { keysTable } from './keys-table.ts';
import { CALLBACK_COLUMNS, type CallbackPage } from './list-reads.ts';
import { type Ask, askFor, headOf, listOf, whereOf } from './list-statement.ts';
import { type ListOf, orderOf, topOf } from './page.ts';
import { toJournalRow } from './rows.ts';
import { callbacks } from './schema.ts';
import { callbackScope } from './scope.ts';
import { createStatements } from './statements.ts';
import type { Db, Store } from './store.ts';

interface SessionCallbacksKey {
  readonly sessionId: string;
  readonly page: CallbackPage;
  readonly viewer: Viewer;
}

/**
 * A page of one session's journal, quarantined rows that claim the session too; empty for who is not an operator.
 * For a session that was already read for the viewer. Asked for in one turn, pages alike but for the session are
 * one statement.
 */
export type SessionCallbacks = (
  sessionId: string,
  page: CallbackPage,
  viewer: Viewer,
) => Promise<ListOf<JournalRow>>;

export function createSessionCallbacks({ db }: Pick<Store, 'db'>): SessionCallbacks {
  const ofShape = createStatements<ReturnType<typeof prepareSessionCallbacks>>('session_callbacks');
  const pageName = ({ page, viewer: { isOperator } }: SessionCallbacksKey) =>
    JSON.stringify([page, isOperator]);

  const loadAlike = async (places: readonly number[], keys: readonly SessionCallbacksKey[]) => {
    const [first] = keys;
    if (first === undefined) return new Map<number, ListOf<JournalRow>>();
    const { page, viewer } = first;
    const ask = askFor(page, CALLBACK_COLUMNS, [
      OF_KEY,
      ...callbackScope(viewer),
      ...callbackConditions(page.filter),
    ]);
    const statement = ofShape(ask.shape, (name) => prepareSessionCallbacks(db, ask, name));
    const wanted = keys.map(({ sessionId }, place) => ({ n: places[place], id: sessionId, owner: null }));
    const found = await statement.execute({ ...ask.values, keys: JSON.stringify(wanted) });
    const rows = groupBy(found, ({ keys: { n } }) => n);
    return new Map([...rows].map(([n, ofKey]) => [n, listOf(page, ofKey, toJournalRow)]));
  };

  const load = createBatchLoader<SessionCallbacksKey, ListOf<JournalRow>>({
    nameOf: (key) => `${key.sessionId}\0${pageName(key)}`,
    async load(keys) {
      const alike = groupBy([...keys.entries()], ([, key]) => pageName(key));
      const lists = await Promise.all(
        [...alike.values()].map((group) =>
          loadAlike(
            group.map(([place]) => place),
            group.map(([, key]) => key),
          ),
        ),
      );
      const byPlace = new Map(lists.flatMap((answers) => [...answers]));
      return keys.map((_, place) => {
        const list = byPlace.get(place);
        if (list === undefined) throw new Error('the store has no row of its own: it was never migrated');
        return list;
      });
    },
  });
  return (sessionId, page, viewer) => load({ sessionId, page, viewer });
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
  return db
    .select()
    .from(keys)
    .crossJoinLateral(headOf(db, callbacks, ask))
    .leftJoinLateral(row, sql`true`)
    .orderBy(keys.n, ...orderOf(ask.page, { at: row.position, id: null }))
    .prepare(name);
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
