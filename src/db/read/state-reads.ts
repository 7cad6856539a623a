import type { Named } from '../../domain/catch-up.ts';
import type { Filter, FilterFields } from '../../domain/filter.ts';
import type { Instant } from '../../domain/session/session.ts';
import { ownerFor, type State, type Subject } from '../../domain/subject.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Db } from '../store.ts';
import { createKeyLoader, type KeyStatement, keyOf } from './batch-keys.ts';
import { type Condition, equals, type FilterColumns, filterConditions, NOTHING } from './conditions.ts';
import { createListRead, type PageStatement, preparePage } from './list-read.ts';
import type { ListOf, Page } from './page.ts';
import type { PageQuery } from './page-query.ts';
import type { ReadQueue } from './read-queue.ts';
import type { Reader } from './reader.ts';
import { prepareStates } from './state-statements.ts';
import type { StateTable } from './state-table.ts';

export type StateOrderField = 'CREATED_AT' | 'UPDATED_AT';
type StatePage<F> = Page<F, StateOrderField>;

/** Reads of the states of one subject. Each statement checks ownership: other viewers' states are not found. */
export interface StateReads<S, F> {
  /** Null where absent or not the viewer's. Of several with one external id: the one created last, then the higher id. */
  find(named: Named, reader: Reader): Promise<S | null>;
  list(page: StatePage<F>, reader: Reader): Promise<ListOf<S>>;
}

interface StateReadsOptions<S extends State, Row, Wanted> {
  readonly subject: Subject<S>;
  readonly states: StateTable;
  readonly statements: Statements<Row, StatePage<Filter<Wanted>>>;
  readonly toState: (row: Row) => S;
  readonly filter: FilterFields<S, Wanted>;
  readonly filterColumns: NoInfer<FilterColumns<Wanted>>;
  readonly quietTo: () => Instant;
  readonly queue: ReadQueue;
}

interface Statements<Row, P extends Page<unknown, string>> {
  readonly byId: KeyStatement<{ readonly found: Row }>;
  readonly byExternalId: KeyStatement<{ readonly found: Row }>;
  page(query: PageQuery<P>, name?: string): PageStatement<Row>;
}

/** The statements for the reads of one table of states. */
export function stateStatements<T extends StateTable['table']>(db: Db, states: StateTable<T>) {
  return {
    byId: prepareStates(db, states, 'id'),
    byExternalId: prepareStates(db, states, 'external'),
    page: (query: PageQuery, name?: string) => preparePage(db, states.table, query, name),
  };
}

export function createStateReads<S extends State, Row, Wanted>({
  subject,
  states,
  statements,
  toState,
  filter: fields,
  filterColumns,
  quietTo,
  queue,
}: StateReadsOptions<S, Row, Wanted>): StateReads<S, Filter<Wanted>> {
  const toAnswer = ({ found }: { readonly found: Row }): S | null => toState(found);
  const findById = createKeyLoader({ statement: statements.byId, toAnswer, absent: null, queue });
  const findByExternalId = createKeyLoader({
    statement: statements.byExternalId,
    toAnswer,
    absent: null,
    queue,
  });
  const { table, id } = states;

  /** The conditions that restrict a list to the states that the viewer may see. */
  function ownedBy(viewer: Viewer): Condition[] {
    const owner = ownerFor(subject, viewer);
    if (owner === null) return [];
    return [owner === undefined ? NOTHING : equals('viewer', states.owner, owner)];
  }

  return {
    async find(named, { viewer, cancellation }) {
      const key = keyOf(named, ownerFor(subject, viewer));
      if (key === null) return null;
      return ('id' in named ? findById : findByExternalId)(key, cancellation);
    },
    list: createListRead<StatePage<Filter<Wanted>>, Row, S>({
      name: `${subject.name}s`,
      columnsOf: ({ orderBy }) => ({
        at: orderBy.field === 'CREATED_AT' ? table.createdAt : table.updatedAt,
        id,
      }),
      conditionsOf: ({ filter }, { viewer }) => [
        ...ownedBy(viewer),
        ...filterConditions(fields, filterColumns, filter, quietTo),
      ],
      prepare: statements.page,
      toShown: toState,
      queue,
    }),
  };
}
