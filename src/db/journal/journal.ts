import { and, asc, inArray, lte } from 'drizzle-orm';
import type { JournalPlace } from '../../domain/cursor.ts';
import type { Callback, Parsed } from '../../domain/journal/callback.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Sighting } from '../../domain/journal/history.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import { States } from '../../domain/journal/state-fold.ts';
import type { Payment } from '../../domain/payment/payment.ts';
import { parseStages } from '../../domain/session/expected-stages.ts';
import type { Session } from '../../domain/session/session.ts';
import type { StageName } from '../../domain/words.ts';
import { callbacks } from '../schema.ts';
import type { Store } from '../store.ts';
import { type CallbackRow, toJournalRow } from '../tables/rows.ts';
import type { StagesInStore } from '../tables/stages-in-store.ts';
import { createFollowedStates } from './followed-states.ts';
import { createSightings } from './sightings.ts';

export interface JournalOptions {
  readonly store: Store;
  /** Parses a row's body again: the journal keeps the bytes that arrived, not what was parsed from them. */
  readonly parse: (body: Uint8Array) => Parsed;
  /** Called with EXPECTED_STAGES of the store's row, each time the row is read. */
  readonly onStages?: (stages: StagesInStore) => void;
}

/** Reads the journal rows that any instance wrote. */
export interface Journal {
  /** The store's history as it is now, for a reader that knows it up to `place`. */
  look(place: JournalPlace): Promise<Sighting>;
  /**
   * The same, read in one statement with at most `limit` rows after `place`, in order. Each row comes with the change
   * that the writing instance published: the fold is pure, so the same rows give the same states before and after. A
   * row that a newer version applied and this one cannot parse has no change: it must not block the rows behind it.
   * Rows are folded from the states that `published` left; only where one is not held are the rows before it read.
   */
  entriesAfter(
    place: JournalPlace,
    limit: number,
  ): Promise<{ readonly sighting: Sighting; readonly entries: readonly JournalEntry[] }>;
  /** This instance published an entry, read here or recorded by itself: the next one, in the order of positions. */
  published(entry: JournalEntry): void;
  /** The store has another history than what was published. */
  replaced(): void;
}

/** A row that was applied, and what it reports. */
interface AppliedRow {
  readonly row: JournalRow;
  readonly callback: Callback;
}

export function createJournal({ store, parse, onStages = () => {} }: JournalOptions): Journal {
  const sightings = createSightings(store);
  const followed = createFollowedStates();
  let followedStages: string | null = null;

  /** Null where the row was quarantined, and where this version cannot read what a newer one applied. */
  function appliedOf(row: JournalRow): AppliedRow | null {
    const parsed = row.outcome === 'QUARANTINED' ? null : parse(row.body);
    return parsed?.ok === true ? { row, callback: parsed.callback } : null;
  }

  /** The states that rows behind `position` are folded from. */
  async function statesBefore(
    rows: readonly AppliedRow[],
    position: number,
    expectedStages: readonly StageName[],
  ): Promise<States> {
    const sessions: Session[] = [];
    const payments: Payment[] = [];
    const otherSessions: string[] = [];
    const otherPayments: string[] = [];
    for (const { row, callback } of firstOfEach(rows)) {
      // Its first row: there was nothing before it.
      if (row.version === 1) continue;
      if (callback.kind === 'PAYMENT') {
        const state = followed.paymentBefore(callback.paymentId, row.version);
        if (state === undefined) otherPayments.push(callback.paymentId);
        else payments.push(state);
      } else {
        const state = followed.sessionBefore(callback.sessionId, row.version);
        if (state === undefined) otherSessions.push(callback.sessionId);
        else sessions.push(state);
      }
    }
    const states = new States({ sessions, payments, banks: [] }, expectedStages);
    const earlier = await Promise.all([
      rowsUpTo(store, position, callbacks.sessionId, otherSessions),
      rowsUpTo(store, position, callbacks.paymentId, otherPayments),
    ]);
    for (const found of earlier.flat()) {
      const applied = appliedOf(toJournalRow(found));
      if (applied !== null) states.advance(applied.callback, applied.row);
    }
    return states;
  }

  return {
    async look({ position }) {
      const sighting = await sightings.at(position);
      onStages(sighting);
      return sighting;
    },
    async entriesAfter({ position }, limit) {
      const { sighting, found } = await sightings.withRowsAfter(position, limit);
      onStages(sighting);
      // Read in the same statement: rows folded with other stages were written before these were set.
      if (sighting.expectedStages !== followedStages) followed.clear();
      followedStages = sighting.expectedStages;
      const rows = found.map(toJournalRow).map((row) => ({ row, applied: appliedOf(row) }));
      const states = await statesBefore(
        rows.flatMap(({ applied }) => applied ?? []),
        position,
        parseStages(sighting.expectedStages),
      );
      const entries = rows.map(({ row, applied }) => ({
        position: row.position,
        row,
        change: applied === null ? null : states.advance(applied.callback, row).change,
      }));
      return { sighting, entries };
    },
    published({ row, change }) {
      if (change !== null) followed.keep(change);
      else if (row.outcome !== 'QUARANTINED') followed.drop(row);
    },
    replaced: () => followed.clear(),
  };
}

/** The first row of each session and payment. */
function firstOfEach(rows: readonly AppliedRow[]): Iterable<AppliedRow> {
  const first = new Map<string, AppliedRow>();
  for (const applied of rows) {
    const { callback } = applied;
    const subject = callback.kind === 'PAYMENT' ? `p${callback.paymentId}` : `s${callback.sessionId}`;
    if (!first.has(subject)) first.set(subject, applied);
  }
  return first.values();
}

/** The rows up to `position` of some sessions or payments, in the order of each. */
async function rowsUpTo(
  { db }: Store,
  position: number,
  column: typeof callbacks.sessionId | typeof callbacks.paymentId,
  ids: readonly string[],
): Promise<readonly CallbackRow[]> {
  if (ids.length === 0) return [];
  return db
    .select()
    .from(callbacks)
    .where(and(inArray(column, [...ids]), lte(callbacks.position, position)))
    .orderBy(asc(callbacks.position));
}

/** The callback of a row that was applied. Throws where it can no longer be read, a fault of the parser. */
export function readAgain(row: JournalRow, parse: JournalOptions['parse']): Callback {
  const parsed = parse(row.body);
  if (parsed.ok) return parsed.callback;
  throw new Error(`the callback at position ${row.position} was applied once and cannot be read any more`);
}
