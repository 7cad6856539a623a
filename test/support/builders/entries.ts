import type { CatchUp, FoundAtHead, Head } from '../../../src/domain/catch-up.ts';
import type { JournalEntry } from '../../../src/domain/journal/entry.ts';
import type { JournalRow } from '../../../src/domain/journal/row.ts';
import type { Session } from '../../../src/domain/session/session.ts';
import type { Published } from '../../../src/live/hub.ts';
import { AT, fingerprintAt, journalRow, sessionOf } from './states.ts';

/** The identity of the store that all samples are of. */
export const IDENTITY = '0badcafe';

/** The head of a journal of which nothing, or everything up to `lowest`, was deleted. */
export const headOf = (position: number, lowest = 0): Head => ({
  identity: IDENTITY,
  position,
  fingerprint: fingerprintAt(position),
  lowest,
  lowestFingerprint: fingerprintAt(lowest),
});

/** What subscriptions read of a store that holds nothing they may see, at this head. */
export function emptyCatchUp(head: Head): CatchUp {
  const none = async (): Promise<FoundAtHead<never>> => ({ head, found: null });
  const nothing = async () => ({ head, rows: [], more: false });
  return {
    head: async () => head,
    fingerprintAt: async () => null,
    sessions: { find: none, since: nothing, stalled: nothingStalled },
    payments: { find: none, since: nothing, stalled: nothingStalled },
    journalSince: nothing,
  };
}

/** Where in the journal a published entry stands; NaN for a session that has stalled. */
export const positionOf = (published: Published): number =>
  'row' in published ? published.position : Number.NaN;

/** No state has stalled. */
export const nothingStalled = async () => ({ rows: [], more: false });

/** A session of which the row at `position` was the last change; its version is that position too. */
export function sessionAt(position: number, columns: Partial<Session> = {}): Session {
  const changedAt = AT + position;
  return sessionOf(
    { status: 'IN_PROGRESS', userId: 'u1' },
    { version: position, position, updatedAt: changedAt, lastFactAt: changedAt, ...columns },
  );
}

/** The row at `position`, received that many milliseconds after `AT`. */
export function rowAt(position: number, columns: Partial<JournalRow> = {}): JournalRow {
  const receivedAt = AT + position;
  return journalRow({ position, receivedAt, lastDeliveredAt: receivedAt, version: position, ...columns });
}

/**
 * An entry as it is published.
 * @param after what it made of a session; null where it changed nothing
 * @param before what differed in that session; null where there was none
 */
export function entryOf(
  position: number,
  after: Partial<Session> | null,
  before: Partial<Session> | null = null,
): JournalEntry {
  const row = rowAt(position, { sessionId: after?.sessionId ?? 's1' });
  if (after === null) return { position, row, change: null };
  return {
    position,
    row,
    change: {
      of: 'session',
      position,
      kind: 'STATUS',
      stage: 'AUTHENTICATION',
      before: before && sessionAt(position - 1, { ...after, ...before }),
      after: sessionAt(position, after),
      changedAt: row.receivedAt,
    },
  };
}
