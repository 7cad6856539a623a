import type { JournalPlace } from '../../domain/cursor.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import { fingerprintOf } from '../../domain/journal/fingerprint.ts';
import type { Hub } from '../hub.ts';
import { publishEntry } from '../publish-entry.ts';

/** The journal as far as this instance has published it. */
export interface Published {
  /** The last row that was published, or passed over. */
  readonly place: JournalPlace;
  /** Whether `entry` is the very next row of the same history: next position, and a fingerprint that follows. */
  isNext(entry: JournalEntry): boolean;
  /** Publishes those of `entries` that are new, in order. The caller has made sure that nothing lies between. */
  publish(entries: readonly JournalEntry[]): void;
  /** Passes over rows that were deleted: nothing up to `place` is left to publish. */
  passOver(place: JournalPlace): void;
  /** What was published is of a history that the store no longer has: goes on behind `place`. */
  restartAt(place: JournalPlace): void;
}

/**
 * @param start nobody can have subscribed to what lies before it
 * @param onPublished called with each entry, in the order of positions
 */
export function createPublished(
  hub: Hub,
  start: JournalPlace,
  onPublished: (entry: JournalEntry) => void = () => {},
): Published {
  let place = placeOf(start);
  return {
    get place() {
      return place;
    },
    isNext(entry) {
      return (
        entry.position === place.position + 1 &&
        entry.row.fingerprint === fingerprintOf(place.fingerprint, entry.row)
      );
    },
    publish(entries) {
      for (const entry of entries) {
        if (entry.position <= place.position) continue;
        place = placeOf(entry.row);
        onPublished(entry);
        publishEntry(hub, entry);
      }
    },
    passOver(to) {
      if (to.position >= place.position) place = placeOf(to);
    },
    restartAt(to) {
      place = placeOf(to);
      hub.reset();
    },
  };
}

/** Nothing more of a row than this: its body would stay in memory. */
function placeOf({ position, fingerprint }: JournalPlace): JournalPlace {
  return { position, fingerprint };
}
