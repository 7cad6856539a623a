import type { OrderDirection, Page } from '../../db/read/page.ts';
import { badInput } from '../../errors.ts';
import { decodePlace, type ListOrder } from './list-cursor.ts';

/** The arguments of a connection as GraphQL hands them over. */
export interface ListArguments<Filter, Field extends string> {
  readonly filter?: Filter | null | undefined;
  readonly orderBy?: { readonly field: Field; readonly direction: OrderDirection } | null | undefined;
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

const MAX_ROWS = 100;
const DEFAULT_ROWS = 20;

/**
 * The page that the arguments name: `first` or `last`, not both, 0 to 100 rows; 20 where neither is given. Throws
 * BAD_USER_INPUT or CURSOR_INVALID naming the argument that is wrong.
 */
export function readPage<Filter, Field extends string>(
  list: ListOrder['list'],
  defaultField: Field,
  { filter, orderBy, first, after, last, before }: ListArguments<Filter, Field>,
): Page<Filter, Field> {
  if (first != null && last != null) throw badInput('first, last: give one of them, not both.');
  const order = { list, field: orderBy?.field ?? defaultField };
  return {
    filter: filter ?? null,
    orderBy: { field: order.field, direction: orderBy?.direction ?? 'DESC' },
    count: last != null ? countOf('last', last) : countOf('first', first ?? DEFAULT_ROWS),
    from: last != null ? 'end' : 'start',
    after: after == null ? null : decodePlace(order, 'after', after),
    before: before == null ? null : decodePlace(order, 'before', before),
  };
}

function countOf(argument: 'first' | 'last', count: number): number {
  if (count < 0 || count > MAX_ROWS) throw badInput(`${argument}: give a number from 0 to ${MAX_ROWS}.`);
  return count;
}
