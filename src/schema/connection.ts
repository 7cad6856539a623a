import type { ListOf, Page, Place } from '../db/page.ts';
import { encodeCursor } from '../domain/cursor.ts';
import { encodePlace, type ListOrder } from './list-cursor.ts';

/** What `liveCursor` promises, on every connection that has one. */
export const LIVE_CURSOR =
  "Taken before the rows were read: hand it to the subscription's `after` and nothing falls between.";

/** A list's rows as a Relay connection. `liveCursor` is the head that was read with the rows. */
export function toConnection<Row, Field extends string>(
  list: ListOrder['list'],
  { orderBy: { field } }: Page<unknown, Field>,
  { rows, hasPrevious, hasNext, head }: ListOf<Row>,
  placeOf: (row: Row, field: Field) => Place,
) {
  const order = { list, field };
  const edges = rows.map((node) => ({ cursor: encodePlace(order, placeOf(node, field)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: hasNext,
      hasPreviousPage: hasPrevious,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges[edges.length - 1]?.cursor ?? null,
    },
    liveCursor: encodeCursor(head),
  };
}
