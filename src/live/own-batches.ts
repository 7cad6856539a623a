import type { JournalEntry } from '../domain/journal/entry.ts';

/** Committed batches that may still be heard of: notifications come soon, or never. */
const MOST_COMMITTED = 128;

/** The batches that this instance writes: what is heard of them is no news. */
export interface OwnBatches {
  begin(entries: readonly JournalEntry[]): void;
  committed(entries: readonly JournalEntry[]): void;
  /** It failed, or may have. */
  abandoned(entries: readonly JournalEntry[]): void;
  /** Whether a batch in flight, or one of the last ones, ends there. */
  isOf(position: number): boolean;
  /** What was committed is of a history that the store has no more. */
  clear(): void;
}

/** Its own notification often reaches an instance before the COMMIT's answer does, or after. */
export function createOwnBatches(): OwnBatches {
  const inFlight = new Set<readonly JournalEntry[]>();
  const committed = new Set<number>();
  return {
    begin(entries) {
      inFlight.add(entries);
    },
    committed(entries) {
      inFlight.delete(entries);
      const last = entries.at(-1);
      if (last === undefined) return;
      committed.add(last.position);
      for (const oldest of committed) {
        if (committed.size <= MOST_COMMITTED) break;
        committed.delete(oldest);
      }
    },
    abandoned(entries) {
      inFlight.delete(entries);
    },
    isOf(position) {
      if (committed.has(position)) return true;
      for (const entries of inFlight) if (entries.at(-1)?.position === position) return true;
      return false;
    },
    clear() {
      committed.clear();
    },
  };
}
