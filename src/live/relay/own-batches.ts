import type { JournalEntry } from '../../domain/journal/entry.ts';

/** Committed batches whose notification may still arrive: it comes soon, or never. */
const MAX_COMMITTED = 128;

/**
 * The batches that this instance writes. Its own notification often arrives before the answer to COMMIT does, and
 * must not have the batch read back from the journal.
 */
export interface OwnBatches {
  begin(entries: readonly JournalEntry[]): void;
  committed(entries: readonly JournalEntry[]): void;
  /** It failed, or may have. */
  abandoned(entries: readonly JournalEntry[]): void;
  /** Whether a batch in flight, or one of the last 128 committed, ends at this position. */
  hasEndAt(position: number): boolean;
  /** Forgets what was committed: the store no longer has it. */
  clear(): void;
}

export function createOwnBatches(): OwnBatches {
  const inFlight = new Set<readonly JournalEntry[]>();
  const committedEnds = new Set<number>();
  return {
    begin(entries) {
      inFlight.add(entries);
    },
    committed(entries) {
      inFlight.delete(entries);
      const last = entries.at(-1);
      if (last === undefined) return;
      committedEnds.add(last.position);
      for (const oldest of committedEnds) {
        if (committedEnds.size <= MAX_COMMITTED) break;
        committedEnds.delete(oldest);
      }
    },
    abandoned(entries) {
      inFlight.delete(entries);
    },
    hasEndAt(position) {
      if (committedEnds.has(position)) return true;
      for (const entries of inFlight) if (entries.at(-1)?.position === position) return true;
      return false;
    },
    clear() {
      committedEnds.clear();
    },
  };
}
