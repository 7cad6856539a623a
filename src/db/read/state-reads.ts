import type { Named } from '../../domain/catch-up.ts';
import type { Filter, FilterFields } from '../../domain/filter.ts';
import type { Instant } from '../../domain/session/session.ts';
import { ownerFor, type State, type Subject } from '../../domain/subject.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Store } from '../store.ts';
import type { StateMemory } from '../tables/state-memory.ts';
import { type Key, keyOf, nameOfKey } from './batch-keys.ts';
import { createBatchLoader } from './batch-loader.ts';
import { type Condition, equals, type FilterColumns, filterConditions, NOTHING } from './conditions.ts';
import type { ListOf, OrderColumns, Page } from './page.ts';
import { type PageQuery, planPage } from './page-query.ts';
import { createPreparedByShape } from './prepared-by-shape.ts';
import type { ReadQueue } from './read-queue.ts';
import type { Reader } from './reader.ts';
import { createSharedReads } from './shared-reads.ts';
import {
  type KeyStatements,
  loadPage,
  loadPages,
  loadStates,
  type PageStatements,
  type Stamped,
  type StampedPage,
  type StatePage,
} from './stamped-reads.ts';
import {
  prepareStampedPage,
  prepareStampedPages,
  prepareStamps,
  prepareStatePage,
  prepareStates,
} from './state-statements.ts';
import type { StateTable } from './state-table.ts';

export type StateOrderField = 'CREATED_AT' | 'UPDATED_AT';
type PageOf<F> = Page<F, StateOrderField>;

/** Pages that one statement finds at most: each is some hundred rows of an index. */
const MAX_SHORT_PAGES = 16;

/** Reads of the states of one subject. Each statement checks ownership: other viewers' states are not found. */
export interface StateReads<S, F> {
  /** Null where absent or not the viewer's. Of several with one external id: the one created last, then the higher id. */
  find(named: Named, reader: Reader): Promise<S | null>;
  list(page: PageOf<F>, reader: Reader): Promise<ListOf<S>>;
}

interface StateReadsOptions<S extends State, Row, Wanted> {
  readonly subject: Subject<S>;
  readonly states: StateTable;
  readonly statements: Statements<Row, PageOf<Filter<Wanted>>>;
  readonly memory: StateMemory<S>;
  readonly toState: (row: Row) => S;
  readonly filter: FilterFields<S, Wanted>;
  readonly filterColumns: NoInfer<FilterColumns<Wanted>>;
  readonly quietTo: () => Instant;
  readonly queue: ReadQueue;
}

interface Statements<Row, P extends Page<unknown, string>> {
  readonly byId: KeyStatements<Row>;
  readonly byExternalId: KeyStatements<Row>;
  readonly page: PageStatements<Row, P>;
}

/** The connections that reads use. */
export type ReadStore = Pick<Store, 'db' | 'shortReads'>;

/** The statements for the reads of one table of states. */
export function stateStatements<T extends StateTable['table']>(
  { db, shortReads }: ReadStore,
  states: StateTable<T>,
) {
  return {
    byId: { stamps: prepareStamps(shortReads, states, 'id'), states: prepareStates(db, states, 'id') },
    byExternalId: {
      stamps: prepareStamps(shortReads, states, 'external'),
      states: prepareStates(db, states, 'external'),
    },
    page: {
      stamps: (query: PageQuery, name?: string) =>
        prepareStampedPage(query.isShort ? shortReads : db, states, query, name),
      stampsOfSome: (query: PageQuery, name?: string) => prepareStampedPages(shortReads, states, query, name),
      states: (query: PageQuery, name?: string) => prepareStatePage(db, states, query, name),
    },
  };
}

export function createStateReads<S extends State, Row, Wanted>({
  subject,
  states,
  statements,
  toState,
  memory,
  filter: fields,
  filterColumns,
  quietTo,
  queue,
}: StateReadsOptions<S, Row, Wanted>): StateReads<S, Filter<Wanted>> {
  const keep = (server: string, row: Row & Stamped): S => {
    const state = toState(row);
    return memory.keep(server, subject.idOf(state), row.stamp, state);
  };
  const remembering = { memory, keep };
  const loaderOf = (statements: KeyStatements<Row>) =>
    createBatchLoader<Key, S | null>({
      queue,
      nameOf: nameOfKey,
      load: (keys) => loadStates(keys, statements, remembering),
    });
  const findById = loaderOf(statements.byId);
  const findByExternalId = loaderOf(statements.byExternalId);
  const { table, id } = states;
  const shared = createSharedReads<ListOf<S>>(queue);
  const stampsByShape = createPreparedByShape<StampedPage>(`${subject.name}s_stamps`);
  const statesByShape = createPreparedByShape<StatePage<Row>>(`${subject.name}s`);
  const shortByShape = createPreparedByShape<ReturnType<typeof shortLoader>>(`${subject.name}s_pages`);

  const statesOf = (query: PageQuery<PageOf<Filter<Wanted>>>) => () =>
    statesByShape(query, (name) => statements.page.states(query, name));

  /** Short pages of one shape are found by one statement a turn: see docs/decisions/0028. */
  function shortLoader(query: PageQuery<PageOf<Filter<Wanted>>>, name?: string) {
    const stamps = statements.page.stampsOfSome(query, name);
    return createBatchLoader<PageQuery<PageOf<Filter<Wanted>>>, ListOf<S>>({
      queue,
      limit: MAX_SHORT_PAGES,
      nameOf: nameOfPage,
      load: (queries) => loadPages(queries, { stamps, states: statesOf(query) }, remembering),
    });
  }

  const columnsOf = ({ orderBy }: PageOf<Filter<Wanted>>): OrderColumns => ({
    at: orderBy.field === 'CREATED_AT' ? table.createdAt : table.updatedAt,
    id,
  });

  const conditionsOf = ({ filter }: PageOf<Filter<Wanted>>, viewer: Viewer): readonly Condition[] => [
    ...ownedBy(viewer),
    ...filterConditions(fields, { of: filterColumns, listedBy: table.createdAt }, filter, quietTo),
  ];

  /** The conditions that restrict a list to the states that the viewer may see. */
  function ownedBy(viewer: Viewer): Condition[] {
    const owner = ownerFor(subject, viewer);
    if (owner === null) return [];
    return [
      owner === undefined
        ? NOTHING
        : { ...equals('viewer', states.owner, owner), inOrderOf: table.createdAt },
    ];
  }

  return {
    async find(named, { viewer, cancellation }) {
      const key = keyOf(named, ownerFor(subject, viewer));
      if (key === null) return null;
      return ('id' in named ? findById : findByExternalId)(key, cancellation);
    },
    async list(page, { viewer, cancellation }) {
      const query = planPage(page, columnsOf(page), conditionsOf(page, viewer));
      if (query.isShort) {
        return shortByShape(query, (name) => shortLoader(query, name))(query, cancellation);
      }
      const stamps = stampsByShape(query, (name) => statements.page.stamps(query, name));
      const name = `${query.shape} ${nameOfPage(query)}`;
      return shared(name, cancellation, () =>
        loadPage(query, { stamps, states: statesOf(query) }, remembering),
      );
    },
  };
}

/** Tells pages of one shape apart. */
const nameOfPage = ({ page, values }: PageQuery): string => `${page.count} ${JSON.stringify(values)}`;
