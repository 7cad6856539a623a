import type { JournalPlace } from '../../domain/cursor.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import { type Break, breakBetween, isOtherServer, type Sighting } from '../../domain/journal/history.ts';

/** What an instance knew of the journal when it began to read. */
export interface Mark {
  readonly generation: number;
  readonly published: JournalPlace;
  readonly shown: JournalPlace;
}

/** What one reading of the store says, compared with what was known when it began. */
export type Verdict =
  /** The store goes on from what was known. */
  | 'continues'
  /** The store has another history: everything was started over from what it holds now. */
  | 'replaced'
  /** Everything was started over while this was read: it says nothing. */
  | 'outdated'
  /** A standby may be behind: it says nothing. */
  | 'standby';

export interface Replacement {
  readonly found: Break;
  /** The last known row that the store no longer has. */
  readonly lost: JournalPlace;
  readonly sighting: Sighting;
  /** Whether the address has come to lead to another server. */
  readonly otherServer: boolean;
}

/** Finds out when the store is put back under a running instance (see decision 0012). */
export interface HistoryWatch {
  /** What is known now; taken before each reading. */
  mark(): Mark;
  /**
   * Compares what was read with what was known when the reading began; `onReplaced` was called when it gives
   * 'replaced'.
   * @param entries rows behind `mark.published`, where they were read as well
   */
  judge(mark: Mark, sighting: Sighting, entries?: readonly JournalEntry[]): Verdict;
  /** A subscriber was shown the row at `place`, read from the store before it was published. */
  show(place: JournalPlace): void;
  /** Whether these rows hold another one where a subscriber was shown one. */
  contradictsShown(entries: readonly JournalEntry[]): boolean;
}

export interface HistoryWatchOptions {
  /** The first reading. */
  readonly first: Sighting;
  readonly published: { readonly place: JournalPlace };
  onReplaced(replacement: Replacement): void;
}

export function createHistoryWatch({ first, published, onReplaced }: HistoryWatchOptions): HistoryWatch {
  let latest = first;
  /** The furthest row that was shown before it was published; it no longer matters once that is published. */
  let shown: JournalPlace = published.place;
  let generation = 0;

  function breakOf(mark: Mark, sighting: Sighting, entries: readonly JournalEntry[]) {
    const found = breakBetween(latest, mark.published, sighting);
    if (found !== null) return { found, lost: mark.published };
    if (mark.shown.position <= published.place.position) return null;
    const ahead = breakAhead(mark.shown, sighting, entries);
    return ahead === null ? null : { found: ahead, lost: mark.shown };
  }

  return {
    mark: () => ({ generation, published: published.place, shown }),
    judge(mark, sighting, entries = []) {
      if (mark.generation !== generation) return 'outdated';
      if (sighting.isStandby) return 'standby';
      const broken = breakOf(mark, sighting, entries);
      const otherServer = isOtherServer(latest, sighting);
      latest = sighting;
      if (broken === null) return 'continues';
      generation += 1;
      shown = sighting;
      onReplaced({ ...broken, sighting, otherServer });
      return 'replaced';
    },
    show({ position, fingerprint }) {
      if (position > published.place.position && position > shown.position) shown = { position, fingerprint };
    },
    contradictsShown: (entries) => holdsAnother(shown, entries),
  };
}

/** The same as `breakBetween` for a row that was shown before it was published. */
function breakAhead(shown: JournalPlace, now: Sighting, entries: readonly JournalEntry[]): Break | null {
  if (now.position < shown.position) return 'the journal ends before what was read of it';
  return holdsAnother(shown, entries)
    ? 'the journal holds another row, or none, where it was read last'
    : null;
}

/** Whether these rows hold another one at a place; false where it is not among them. */
function holdsAnother({ position, fingerprint }: JournalPlace, entries: readonly JournalEntry[]): boolean {
  const last = entries.at(-1)?.position ?? 0;
  if (position > last) return false;
  const there = entries.find((entry) => entry.position === position);
  return there !== undefined && there.row.fingerprint !== fingerprint;
}
