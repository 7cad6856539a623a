import type { JournalPlace } from '../../domain/cursor.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Sighting } from '../../domain/journal/history.ts';
import type { Logger } from '../../logger.ts';
import type { HistoryWatch, Mark } from './history-watch.ts';
import type { OwnBatches } from './own-batches.ts';
import type { Published } from './published.ts';
import { createThrottle } from './throttle.ts';

const ROWS_PER_READ = 500;
/** Notifications of what is published already have the store looked at, at most this often. */
const LOOK_AGAIN_MS = 100;

interface JournalRead {
  readonly sighting: Sighting;
  readonly entries: readonly JournalEntry[];
}

/** The journal as the store has it: `Journal` of db/journal. */
export interface JournalReads {
  look(place: JournalPlace): Promise<Sighting>;
  entriesAfter(place: JournalPlace, limit: number): Promise<JournalRead>;
  published(entry: JournalEntry): void;
  replaced(): void;
}

/** Publishes what is in the journal and did not come straight from this instance's recorder. */
export interface Follower {
  /** A row at `position` was committed, by anybody. */
  committed(position: number): void;
  /** The same, said by a notification; null where some may have been lost. */
  notified(position: number | null): void;
  /** Begins to read what is not published yet. A failure is logged, and the next poll tries again. */
  start(): void;
  /**
   * Looks at the store once, and begins to read where it is ahead. False where it cannot say what it is (a standby).
   * Rejects where it cannot be read.
   */
  look(): Promise<boolean>;
  /** Forgets what was known to be committed beyond `position`: the store has another history. */
  restartAt(position: number): void;
  readonly isReading: boolean;
  /** How many positions are committed, as far as is known, and not published here. */
  readonly behind: number;
  close(): Promise<void>;
}

export interface FollowerOptions {
  readonly journal: JournalReads;
  readonly published: Published;
  readonly history: HistoryWatch;
  readonly own: Pick<OwnBatches, 'hasEndAt'>;
  readonly log: Pick<Logger, 'warn'>;
}

export function createFollower({ journal, published, history, own, log }: FollowerOptions): Follower {
  /** The furthest position that is known to be committed. */
  let committedTo = published.place.position;
  let reading: Promise<void> | null = null;
  let isClosed = false;
  const lookAgain = createThrottle(
    LOOK_AGAIN_MS,
    () => void look().catch((err: unknown) => log.warn({ err }, 'the store cannot be polled')),
  );

  function committed(position: number): void {
    committedTo = Math.max(committedTo, position);
  }

  function start(): void {
    if (isClosed) return;
    reading ??= readToHead();
    reading.catch((err: unknown) => log.warn({ err }, 'the journal cannot be read: trying again'));
  }

  async function readToHead(): Promise<void> {
    try {
      while (!isClosed) {
        const goal = committedTo;
        const mark = history.mark();
        const read = await journal.entriesAfter(mark.published, ROWS_PER_READ);
        if (publishRead(read, mark, goal)) return;
      }
    } finally {
      // In the turn that decided to stop, so that nothing committed after that relies on this reading.
      reading = null;
    }
  }

  /** Gives whether nothing is left to read. `goal` is what was known to be committed when the reading began. */
  function publishRead({ sighting, entries }: JournalRead, mark: Mark, goal: number): boolean {
    const verdict = history.judge(mark, sighting, entries);
    if (verdict === 'standby') return true;
    if (verdict !== 'continues') return false;
    published.publish(entries);
    if (entries.length === ROWS_PER_READ) return false;
    // All that was committed by then has been read: what is missing below the head was deleted.
    published.passOver(sighting);
    if (committedTo > goal && committedTo > published.place.position) return false;
    // A notification of something beyond the head was of a history that the store no longer has.
    committedTo = published.place.position;
    return true;
  }

  async function look(): Promise<boolean> {
    const mark = history.mark();
    const sighting = await journal.look(mark.published);
    if (isClosed) return false;
    const verdict = history.judge(mark, sighting);
    if (verdict === 'standby') return false;
    if (verdict !== 'continues') return true;
    const { position } = sighting;
    if (position > published.place.position) {
      committed(position);
      if (reading === null && !own.hasEndAt(position)) start();
    }
    return true;
  }

  return {
    committed,
    notified(position) {
      if (isClosed) return;
      if (position === null) return start();
      // It is published without being read back, as soon as COMMIT is answered.
      if (own.hasEndAt(position)) return committed(position);
      // Nothing new, or a new row in the place of one that was published.
      if (position <= published.place.position) return lookAgain.call();
      committed(position);
      start();
    },
    start,
    look,
    restartAt(position) {
      committedTo = position;
    },
    get isReading() {
      return reading !== null;
    },
    get behind() {
      return Math.max(0, committedTo - published.place.position);
    },
    async close() {
      isClosed = true;
      lookAgain.cancel();
      await reading?.catch(() => {});
    },
  };
}
