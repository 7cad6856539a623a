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

const MOST = 100;
const DEFAULT = 20;

/**
 * The page that the arguments name. Throws BAD_USER_INPUT or CURSOR_INVALID naming the argument that is wrong
 * (DESIGN §6: `first` or `last`, not both, 0–100, 20 where neither stands).
 */
export function readPage<Filter, Field extends string>(
  list: ListOrder['list'],
  defaultField: Field,
  { filter, orderBy, first, after, last, before }: ListArguments<Filter, Field>,
): Page<Filter | Record<string, never>, Field> {
  if (first != null && last != null) throw badInput('first, last: give one of them, not both.');
  const order = { list, field: orderBy?.field ?? defaultField };
  return {
    filter: filter ?? {},
    orderBy: { field: order.field, direction: orderBy?.direction ?? 'DESC' },
    count: last != null ? countOf('last', last) : countOf('first', first ?? DEFAULT),
    from: last != null ? 'end' : 'start',
    after: after == null ? null : decodePlace(order, 'after', after),
    before: before == null ? null : decodePlace(order, 'before', before),
  };
}

function countOf(argument: 'first' | 'last', count: number): number {
  if (count < 0 || count > MOST) throw badInput(`${argument}: give a number from 0 to ${MOST}.`);
  return count;
}
