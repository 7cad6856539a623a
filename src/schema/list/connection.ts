import type { ListOf, Page, Place } from '../../db/read/page.ts';
import { encodeCursor } from '../../domain/cursor.ts';
import { encodePlace, type ListOrder } from './list-cursor.ts';

/** What `liveCursor` promises, on every connection that has one. */
export const LIVE_CURSOR =
  "Taken before the rows were read: hand it to the subscription's `after` and nothing falls between.";

/**
 * A list's rows as a Relay connection. `liveCursor` is the head that was read with the rows. Cursors are made only
 * when they are asked for.
 */
export function toConnection<Row, Field extends string>(
  list: ListOrder['list'],
  { orderBy: { field } }: Page<unknown, Field>,
  { rows, hasPrevious, hasNext, head }: ListOf<Row>,
  placeOf: (row: Row, field: Field) => Place,
) {
  const order = { list, field };
  const cursorOf = (row: Row | undefined) =>
    row === undefined ? null : encodePlace(order, placeOf(row, field));
  return {
    edges: rows.map((node) => ({
      node,
      get cursor() {
        return encodePlace(order, placeOf(node, field));
      },
    })),
    pageInfo: {
      hasNextPage: hasNext,
      hasPreviousPage: hasPrevious,
      get startCursor() {
        return cursorOf(rows[0]);
      },
      get endCursor() {
        return cursorOf(rows[rows.length - 1]);
      },
    },
    liveCursor: encodeCursor(head),
  };
}
