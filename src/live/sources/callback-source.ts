import type { CatchUp, Head } from '../../domain/catch-up.ts';
import { encodeCursor } from '../../domain/cursor.ts';
import { admitsAll, restrictionsOf } from '../../domain/filter.ts';
import { CALLBACK_FILTER, type CallbackFilter } from '../../domain/journal/filter.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { CallboardError } from '../../errors.ts';
import type { Hub } from '../hub.ts';
import { resumption } from './cursors.ts';
import { iterate } from './iterate.ts';
import type { Opening, Source } from './source.ts';

/** One message of `callbackRecorded`. */
export interface CallbackMessage {
  readonly cursor: string;
  /** False only in an opening message sent because no cursor was honoured, or because the store was restored. */
  readonly recovered: boolean;
  /** Null only in the opening message. */
  readonly callback: JournalRow | null;
}

/** The arguments of a subscription to the journal; cursors as for states. */
export interface CallbackSubscribeArgs {
  readonly viewer: Viewer;
  readonly filter?: CallbackFilter | null | undefined;
  readonly cursors?: readonly string[];
}

/** Every journal row that the filter admits, in order, without a gap. Throws FORBIDDEN unless for an operator. */
export function createCallbackSource(
  { hub, catchUp }: { readonly hub: Hub; readonly catchUp: CatchUp },
  { viewer, filter, cursors = [] }: CallbackSubscribeArgs,
): Source<CallbackMessage> {
  if (!viewer.isOperator) throw new CallboardError('FORBIDDEN', 'callbackRecorded is for operators only.');
  const restrictions = restrictionsOf(CALLBACK_FILTER, filter);
  let identity = '';

  function toMessage(row: JournalRow): CallbackMessage | null {
    if (!admitsAll(restrictions, row)) return null;
    return {
      cursor: encodeCursor({ identity, position: row.position, fingerprint: row.fingerprint }),
      recovered: true,
      callback: row,
    };
  }

  async function open(): Promise<Opening<CallbackMessage>> {
    const head = await catchUp.head();
    const { from, recovered } = await resumption(cursors, head, catchUp);
    return from === null ? openingAt(head, recovered) : rowsSince(from);
  }

  function openingAt(head: Head, recovered: boolean): Opening<CallbackMessage> {
    const { position } = head;
    const messages = [{ cursor: encodeCursor(head), recovered, callback: null }];
    return { identity: head.identity, position, messages, more: false };
  }

  async function rowsSince(from: number): Promise<Opening<CallbackMessage>> {
    const { head, rows, more } = await catchUp.journalSince(from);
    // The store was restored since the cursor was checked, or since the last message to this reader.
    if (head.position < from) return openingAt(head, false);
    identity = head.identity;
    const position = more ? (rows.at(-1)?.position ?? from) : Math.max(from, head.position);
    return {
      identity,
      position,
      messages: rows.flatMap((row) => toMessage(row) ?? []),
      more,
    };
  }

  const source: Source<CallbackMessage> = {
    topic: 'journal',
    share: JSON.stringify(['callbackRecorded', filter ?? null]),
    open,
    resume: rowsSince,
    reopen: async () => openingAt(await catchUp.head(), false),
    learn(opening) {
      identity = opening.identity;
    },
    unlearn() {},
    toMessage: ({ row }) => toMessage(row),
    conflationKey: () => null,
    [Symbol.asyncIterator]: () => iterate(hub, source),
  };
  return source;
}
