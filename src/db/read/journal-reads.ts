import { sql } from 'drizzle-orm';
import { CALLBACK_FILTER, type CallbackFilter } from '../../domain/journal/filter.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import { callbacks } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { toJournalRow } from '../tables/rows.ts';
import { batchKeys, createKeyLoader } from './batch-keys.ts';
import { type Condition, filterConditions, NOTHING } from './conditions.ts';
import { createListRead, preparePage } from './list-read.ts';
import type { ListOf, OrderColumns, Page } from './page.ts';
import type { ReadQueue } from './read-queue.ts';
import type { Reader } from './reader.ts';

export type CallbackPage = Page<CallbackFilter, 'POSITION'>;

/** Reads of the journal, which is for operators: for other viewers it is empty. */
export interface JournalReads {
  row(position: number, reader: Reader): Promise<JournalRow | null>;
  list(page: CallbackPage, reader: Reader): Promise<ListOf<JournalRow>>;
}

/** The order by position, which has no ties. */
export const CALLBACK_COLUMNS: OrderColumns = { at: callbacks.position, id: null };

const FILTER_COLUMNS = {
  ...callbacks,
  repeated: sql`(${callbacks.deliveries} > 1)`,
  search: [callbacks.sessionId, callbacks.paymentId, callbacks.externalId],
};

/** No field of this filter depends on the clock. */
const noClock = () => 0;

/** The conditions of the filter where the viewer is an operator; else one that matches nothing. */
export function callbackConditions({ filter }: CallbackPage, { viewer }: Reader): Condition[] {
  const conditions = filterConditions(
    CALLBACK_FILTER,
    { of: FILTER_COLUMNS, listedBy: callbacks.position },
    filter,
    noClock,
  );
  return viewer.isOperator ? conditions : [NOTHING, ...conditions];
}

export function createJournalReads({ db }: Pick<Store, 'db'>, queue: ReadQueue): JournalReads {
  const row = createKeyLoader({
    statement: prepareCallback(db),
    toAnswer: ({ found }): JournalRow | null => toJournalRow(found),
    absent: null,
    queue,
  });
  return {
    row: async (position, { viewer, cancellation }) =>
      viewer.isOperator ? row({ id: String(position), owner: null }, cancellation) : null,
    list: createListRead({
      name: 'callbacks',
      columnsOf: () => CALLBACK_COLUMNS,
      conditionsOf: callbackConditions,
      prepare: (query, name) => preparePage(db, callbacks, query, name),
      toShown: toJournalRow,
      queue,
    }),
  };
}

function prepareCallback(db: Db) {
  const keys = batchKeys(db);
  const found = db
    .select()
    .from(callbacks)
    .where(sql`${callbacks.position} = ${keys.id}::bigint`)
    .limit(1)
    .as('found');
  return db.select().from(keys).crossJoinLateral(found).prepare('callback');
}
