import type { BankOrderField, ListedBank } from '../../db/read/bank-list.ts';
import type { CallbackPage } from '../../db/read/journal-reads.ts';
import type { ListOf, ListPlace, Page } from '../../db/read/page.ts';
import type { Reader } from '../../db/read/reader.ts';
import type { Reads } from '../../db/read/reads.ts';
import type { StateOrderField, StateReads } from '../../db/read/state-reads.ts';
import { encodeCursor } from '../../domain/cursor.ts';
import type { CallbackFilter } from '../../domain/journal/filter.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import type { State, Subject } from '../../domain/subject.ts';
import { encodePlace, type ListOrder } from './list-cursor.ts';
import { type ListArguments, readPage } from './list-page.ts';

type StateConnection<S> = ReturnType<typeof toConnection<S, StateOrderField>>;

/**
 * Reads pages of states. Equal pages that were read together are one list, and get one connection, so that what is
 * written of it serves all of them.
 */
export function createStateConnections<S extends State>({ name, idOf }: Subject<S>) {
  const list: ListOrder['list'] = `${name}s`;
  const placeOf = (state: S, field: StateOrderField): ListPlace => ({
    at: field === 'CREATED_AT' ? state.createdAt : state.updatedAt,
    id: idOf(state),
  });
  /** Those that get one list get it one after the other. In a WeakMap connections would outlive their answers by far. */
  let last: { readonly found: ListOf<S>; readonly connection: StateConnection<S> } | null = null;

  /** The page that the arguments name, the newest first unless they say otherwise. */
  return async <F>(reads: StateReads<S, F>, args: ListArguments<F, StateOrderField>, reader: Reader) => {
    const page = readPage(list, 'CREATED_AT', args);
    const found = await reads.list(page, reader);
    if (last?.found !== found) last = { found, connection: toConnection(list, page, found, placeOf) };
    return last.connection;
  };
}

/** The page of the journal that the arguments name, the newest first unless they say otherwise. */
export async function callbackConnection(
  args: ListArguments<CallbackFilter, 'POSITION'>,
  read: (page: CallbackPage) => Promise<ListOf<JournalRow>>,
) {
  const page = readPage('callbacks', 'POSITION', args);
  return toConnection('callbacks', page, await read(page), ({ position }) => ({ at: position, id: '' }));
}

/** The page of banks that the arguments name, by their id unless they say otherwise. */
export async function bankConnection(
  args: Omit<ListArguments<null, BankOrderField>, 'filter'>,
  reads: Pick<Reads, 'bankList'>,
  reader: Reader,
) {
  const orderBy = args.orderBy ?? { field: 'BANK_ID', direction: 'ASC' };
  const page = readPage<null, BankOrderField>('banks', 'BANK_ID', { ...args, orderBy });
  const placeOf = ({ rank, bankId }: ListedBank) => ({ at: rank, id: bankId });
  // Every connection has this member; the graph does not show it, because no subscription follows banks.
  const liveCursor = '';
  return { ...toPage('banks', page, await reads.bankList(page, reader), placeOf), liveCursor };
}

/** A list's rows as a connection that a subscription goes on from: `liveCursor` is the head that was read with the rows. */
function toConnection<Row, Field extends string>(
  list: ListOrder['list'],
  page: Page<unknown, Field>,
  found: ListOf<Row>,
  placeOf: (row: Row, field: Field) => ListPlace,
) {
  return { ...toPage(list, page, found, placeOf), liveCursor: encodeCursor(found.head) };
}

/** A list's rows as a Relay connection. Cursors are made only where they are selected. */
function toPage<Row, Field extends string>(
  list: ListOrder['list'],
  { orderBy: { field } }: Page<unknown, Field>,
  { rows, hasPrevious, hasNext }: Omit<ListOf<Row>, 'head'>,
  placeOf: (row: Row, field: Field) => ListPlace,
) {
  const order = { list, field };
  const cursorOf = (row: Row) => encodePlace(order, placeOf(row, field));
  const edges = rows.map((node) => new Edge(node, cursorOf));
  return {
    edges,
    pageInfo: {
      hasNextPage: hasNext,
      hasPreviousPage: hasPrevious,
      get startCursor() {
        return edges[0]?.cursor ?? null;
      },
      get endCursor() {
        return edges[edges.length - 1]?.cursor ?? null;
      },
    },
  };
}

/** A class, because a list has many: an object with a function of its own costs three times as much. */
class Edge<Row> {
  readonly node: Row;
  readonly #cursorOf: (row: Row) => string;

  constructor(node: Row, cursorOf: (row: Row) => string) {
    this.node = node;
    this.#cursorOf = cursorOf;
  }

  get cursor(): string {
    return this.#cursorOf(this.node);
  }
}
