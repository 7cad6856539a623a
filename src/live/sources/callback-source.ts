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

/** The journal does not stall. */
const NO_CLOCK = 0;

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
    if (!admitsAll(restrictions, row, NO_CLOCK)) return null;
    return {
      cursor: encodeCursor({ identity, position: row.position, fingerprint: row.fingerprint }),
      recovered: true,
      callback: row,
    };
  }

  async function open(): Promise<Opening<CallbackMessage>> {
    const head = await catchUp.head();
    const resumed = await resumption(cursors, head, catchUp);
    return resumed.from === null
      ? openingAt(head, resumed.recovered)
      : rowsSince(resumed.from, resumed.cursor);
  }

  function openingAt(head: Head, recovered: boolean): Opening<CallbackMessage> {
    const { position } = head;
    const cursor = encodeCursor(head);
    const messages = [{ cursor, recovered, callback: null }];
    return { identity: head.identity, position, cursor, clock: NO_CLOCK, messages, more: false };
  }

  async function rowsSince(from: number, cursor: string): Promise<Opening<CallbackMessage>> {
    const { head, rows, more } = await catchUp.journalSince(from);
    // The store was restored since the cursor was checked, or since the last message to this reader.
    if (head.position < from) return openingAt(head, false);
    identity = head.identity;
    const position = more ? (rows.at(-1)?.position ?? from) : Math.max(from, head.position);
    return {
      identity,
      position,
      cursor,
      clock: NO_CLOCK,
      messages: rows.flatMap((row) => toMessage(row) ?? []),
      more,
    };
  }

  const source: Source<CallbackMessage> = {
    topic: 'journal',
    resumes: cursors.length > 0,
    share: JSON.stringify(['callbackRecorded', filter ?? null]),
    open,
    resume: ({ position, cursor }) => rowsSince(position, cursor),
    reopen: async () => openingAt(await catchUp.head(), false),
    learn(opening) {
      identity = opening.identity;
    },
    unlearn() {},
    toMessage: ({ row }) => toMessage(row),
    toStalled: () => null,
    conflationKey: () => null,
    [Symbol.asyncIterator]: () => iterate(hub, source),
  };
  return source;
}
