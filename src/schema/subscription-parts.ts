import type { InputRef } from '@pothos/core';
import { splitCursors } from '../domain/cursor.ts';
import type { Context } from './context.ts';
import { type Args, FILTER } from './list/list-args.ts';

/** What the field `cursor` of every message is. */
export const CURSOR =
  "Opaque; good on every instance and for every subscription of this store. Also in the result's extensions.cursor and the SSE id.";

/** What the field `kind` of a message about a state is. */
export const KIND =
  'Why it was sent; of several conflated into one, the newest. For logs: never decide by it what to read.';

/** What the field `changedAt` of a message about a state is. */
export const CHANGED_AT =
  'When the callback that made the change was received; with SNAPSHOT the last one; with STALLED when it began to count as stalled.';

/** The arguments that every subscription has. */
export function subscriptionArgs<Filter>(arg: Args, filter: InputRef<Filter>) {
  return {
    filter: arg({ type: filter, description: FILTER }),
    after: arg.string({
      description:
        'The newest cursor held; null or empty means none. Also taken from extensions.after and Last-Event-ID: the furthest counts.',
    }),
  };
}

/** A subscription's arguments as its source reads them: with the viewer and every cursor that the client sent. */
export function subscribeArgs<Given extends { readonly after?: string | null | undefined }>(
  { after, ...given }: Given,
  { viewer, cursors }: Context,
) {
  return { ...given, viewer, cursors: [...splitCursors(after), ...cursors] };
}
