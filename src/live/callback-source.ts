import type { CatchUp } from '../domain/catch-up.ts';
import { encodeCursor } from '../domain/cursor.ts';
import { admitsCallback, type CallbackFilter } from '../domain/filters.ts';
import type { JournalRow } from '../domain/journal.ts';
import type { Viewer } from '../domain/viewer.ts';
import { CallboardError } from '../errors.ts';
import { cursorsOf, resumption } from './cursors.ts';
import type { Hub } from './hub.ts';
import { iterate } from './iterate.ts';
import type { Opening, Source } from './source.ts';

/** What `callbackRecorded` says. */
export interface CallbackMessage {
  readonly cursor: string;
  /** False only in an opening message sent because no cursor could be honoured. */
  readonly recovered: boolean;
  /** Null only in the opening message. */
  readonly callback: JournalRow | null;
}

/** What an operator subscribes to; cursors as in SessionAsk. */
export interface CallbackAsk {
  readonly viewer: Viewer;
  readonly filter?: CallbackFilter | null | undefined;
  readonly after?: string | null | undefined;
  readonly besides?: string | null | undefined;
}

/** The log: every journal row that the filter admits, in order, without a gap. Throws FORBIDDEN but for operators. */
export function createCallbackSource(
  { hub, catchUp }: { readonly hub: Hub; readonly catchUp: CatchUp },
  { viewer, filter, after, besides }: CallbackAsk,
): Source<CallbackMessage> {
  if (!viewer.isOperator) throw new CallboardError('FORBIDDEN', 'callbackRecorded is for operators only.');
  const cursors = cursorsOf(after, besides);
  let identity = '';

  function toMessage(row: JournalRow): CallbackMessage | null {
    if (filter != null && !admitsCallback(filter, row)) return null;
    return { cursor: encodeCursor({ identity, position: row.position }), recovered: true, callback: row };
  }

  async function open(): Promise<Opening<CallbackMessage>> {
    const head = await catchUp.head();
    identity = head.identity;
    const { from, recovered } = resumption(cursors, head);
    if (from !== null) return rowsSince(from);
    const { position } = head;
    return {
      identity,
      position,
      messages: [{ cursor: encodeCursor({ identity, position }), recovered, callback: null }],
      more: false,
    };
  }

  async function rowsSince(from: number): Promise<Opening<CallbackMessage>> {
    const { head, rows, more } = await catchUp.journalSince(from);
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
    learn(opening) {
      identity = opening.identity;
    },
    toMessage: ({ row }) => toMessage(row),
    subject: () => null,
    [Symbol.asyncIterator]: () => iterate(hub, source),
  };
  return source;
}
