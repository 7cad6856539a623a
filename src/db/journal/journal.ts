import { and, asc, inArray, lte } from 'drizzle-orm';
import type { JournalPlace } from '../../domain/cursor.ts';
import type { Callback, Parsed } from '../../domain/journal/callback.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Sighting } from '../../domain/journal/history.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import { States } from '../../domain/journal/state-fold.ts';
import { parseStages } from '../../domain/session/expected-stages.ts';
import { callbacks } from '../schema.ts';
import type { Store } from '../store.ts';
import { type CallbackRow, toJournalRow } from '../tables/rows.ts';
import type { StagesInStore } from '../tables/stages-in-store.ts';
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
   */
  entriesAfter(
    place: JournalPlace,
    limit: number,
  ): Promise<{ readonly sighting: Sighting; readonly entries: readonly JournalEntry[] }>;
}

export function createJournal({ store, parse, onStages = () => {} }: JournalOptions): Journal {
  const sightings = createSightings(store);
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
      const expectedStages = parseStages(sighting.expectedStages);
      const rows = found.map(toJournalRow);
      const states = new States({ sessions: [], payments: [], banks: [] }, expectedStages);
      const changeOf = (row: JournalRow) => {
        const parsed = row.outcome === 'QUARANTINED' ? null : parse(row.body);
        return parsed?.ok === true ? states.advance(parsed.callback, row).change : null;
      };
      for (const row of await earlierRowsOf(store, rows, position)) changeOf(row);
      const entries = rows.map((row) => ({ position: row.position, row, change: changeOf(row) }));
      return { sighting, entries };
    },
  };
}

/** All rows up to `position` of the sessions and payments that `rows` are about, in the order of each. */
async function earlierRowsOf(
  store: Store,
  rows: readonly JournalRow[],
  position: number,
): Promise<readonly JournalRow[]> {
  const [sessions, payments] = await Promise.all([
    rowsUpTo(store, position, callbacks.sessionId, distinct(rows.map((row) => row.sessionId))),
    rowsUpTo(store, position, callbacks.paymentId, distinct(rows.map((row) => row.paymentId))),
  ]);
  return [...sessions, ...payments].map(toJournalRow);
}

async function rowsUpTo(
  { db }: Store,
  position: number,
  column: typeof callbacks.sessionId | typeof callbacks.paymentId,
  ids: string[],
): Promise<readonly CallbackRow[]> {
  if (ids.length === 0) return [];
  return db
    .select()
    .from(callbacks)
    .where(and(inArray(column, ids), lte(callbacks.position, position)))
    .orderBy(asc(callbacks.position));
}

const distinct = (ids: readonly (string | null)[]): string[] => [...new Set(ids.filter((id) => id !== null))];

/** The callback of a row that was applied. Throws where it can no longer be read, a fault of the parser. */
export function readAgain(row: JournalRow, parse: JournalOptions['parse']): Callback {
  const parsed = parse(row.body);
  if (parsed.ok) return parsed.callback;
  throw new Error(`the callback at position ${row.position} was applied once and cannot be read any more`);
}
