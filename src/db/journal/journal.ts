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
import { toJournalRow } from '../tables/rows.ts';
import type { StagesInStore } from '../tables/stages-in-store.ts';
import { createSightings } from './sightings.ts';

export interface JournalOptions {
  readonly store: Store;
  /** Reads a row's body again: the journal keeps what came, not what was made of it. */
  readonly parse: (body: Uint8Array) => Parsed;
  /** Called with what the store's row says of EXPECTED_STAGES, each time it is read. */
  readonly onStages?: (stages: StagesInStore) => void;
}

/** The journal, read back by the instances that did not write it. */
export interface Journal {
  /** What the store says of its history now, to one who knows it up to `place`. */
  look(place: JournalPlace): Promise<Sighting>;
  /**
   * The same, read in one statement with at most `limit` rows after `place`, in order, each with the very change that the writing instance told:
   * the fold is pure, so whoever reads the same rows sees the same before and after. A row that a newer version
   * applied and this one cannot read changes nothing here: it must not keep the rows behind it from being told.
   */
  entriesAfter(
    place: JournalPlace,
    limit: number,
  ): Promise<{ readonly sighting: Sighting; readonly entries: readonly JournalEntry[] }>;
}

/** Reads rows back as the entries that were published. */
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
      // Read in the same statement: rows that were folded with others were written before these were set.
      const expectedStages = parseStages(sighting.expectedStages);
      const rows = found.map(toJournalRow);
      const states = new States({ sessions: [], payments: [], banks: [] }, expectedStages);
      const advance = (row: JournalRow) => {
        const parsed = row.outcome === 'QUARANTINED' ? null : parse(row.body);
        return parsed?.ok === true ? states.advance(parsed.callback, row).change : null;
      };
      for (const row of await historyOf(store, rows, position)) advance(row);
      const entries = rows.map((row) => ({ position: row.position, row, change: advance(row) }));
      return { sighting, entries };
    },
  };
}

/** All rows up to `position` of the sessions and payments that `rows` are about. */
async function historyOf(
  store: Store,
  rows: readonly JournalRow[],
  position: number,
): Promise<readonly JournalRow[]> {
  const ids = (pick: (row: JournalRow) => string | null) => [
    ...new Set(rows.map(pick).filter((id) => id !== null)),
  ];
  const of = async (
    column: typeof callbacks.sessionId | typeof callbacks.paymentId,
    values: readonly string[],
  ) =>
    values.length === 0
      ? []
      : store.db
          .select()
          .from(callbacks)
          .where(and(inArray(column, [...values]), lte(callbacks.position, position)))
          .orderBy(asc(callbacks.position));
  const [sessions, payments] = await Promise.all([
    of(
      callbacks.sessionId,
      ids((row) => row.sessionId),
    ),
    of(
      callbacks.paymentId,
      ids((row) => row.paymentId),
    ),
  ]);
  return [...sessions, ...payments].map(toJournalRow);
}

/**
 * Reads the callback of a row that was applied. Throws where it can no longer be read: the parser has lost
 * something.
 */
export function readAgain(row: JournalRow, parse: JournalOptions['parse']): Callback {
  const parsed = parse(row.body);
  if (parsed.ok) return parsed.callback;
  throw new Error(`the callback at position ${row.position} was applied once and cannot be read any more`);
}
