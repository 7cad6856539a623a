import type { JournalEntry } from '../domain/changes.ts';
import type { Logger } from '../logger.ts';
import { createReport } from '../observe.ts';
import type { Hub } from './hub.ts';

/** Notifications get lost, so every instance looks for itself this often. */
const POLL_MS = 1_000;
/** Rows read at once when catching up. */
const PORTION = 500;

export interface RelayOptions {
  readonly hub: Hub;
  /** The journal as the store has it. */
  readonly journal: {
    position(): Promise<number>;
    entriesAfter(position: number, limit: number): Promise<readonly JournalEntry[]>;
  };
  /** See `Store.listen`; null where nobody else writes, or nothing can be heard. */
  readonly listen: ((heard: (position: number | null) => void) => Promise<() => Promise<void>>) | null;
  /** Whether other instances may write to the same store. */
  readonly shared: boolean;
  readonly log: Logger;
}

/** Tells this instance's subscribers of every journal row, whoever wrote it, in the order of position. */
export interface Relay {
  /**
   * A batch that this instance is about to commit: what is heard of it meanwhile is no reason to read it back. One of
   * the two that this gives is called once it was committed, or failed, or may have.
   */
  announce(entries: readonly JournalEntry[]): { committed(): void; abandoned(): void };
  /** How many positions the store is known to be ahead of what was told here. */
  readonly behind: number;
  /** Resolves when all that the store held at the time of the call has been told. Rejects where it cannot be read. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The way from COMMIT to the hub. An own batch is told directly only where it begins right after what was told
 * last; otherwise the hole is read from the journal first. Others' batches are heard of by a notification, which
 * carries nothing but a position, and by a poll, always.
 */
export async function createRelay({ hub, journal, listen, shared, log }: RelayOptions): Promise<Relay> {
  let known = await journal.position();
  hub.advance(known);
  let catching: Promise<void> | null = null;
  let closed = false;
  const report = createReport(log);
  /** When the store stopped answering; null while it answers. */
  let lostAt: number | null = null;
  /** Own batches in flight. */
  const own = new Set<readonly JournalEntry[]>();

  function heard(position: number | null): void {
    if (closed || (position !== null && position <= hub.position)) return;
    if (position !== null) known = Math.max(known, position);
    if (!isOwn(position)) start();
  }

  /** Its own notification often reaches an instance before the COMMIT's answer does. */
  const isOwn = (position: number | null): boolean =>
    position !== null && [...own].some((entries) => entries.at(-1)?.position === position);

  /** Reads on in the background; a failure is logged and tried again by the next poll. */
  function start(): void {
    void readOn().catch((error: unknown) =>
      log.warn({ err: error }, 'the journal cannot be read: trying again'),
    );
  }

  function readOn(): Promise<void> {
    if (closed) return Promise.resolve();
    catching ??= readToEnd();
    return catching;
  }

  async function readToEnd(): Promise<void> {
    try {
      while (!closed) {
        const goal = known;
        const entries = await journal.entriesAfter(hub.position, PORTION);
        // What was told directly meanwhile is not told twice.
        const news = entries.filter((entry) => entry.position > hub.position);
        if (news.length > 0) hub.publish(news);
        known = Math.max(known, hub.position);
        if (entries.length === PORTION) continue;
        // All that was committed by then has been read: what is missing below it was deleted, and is past.
        hub.advance(goal);
        if (hub.position >= known) return;
      }
    } finally {
      // In the same turn as the last look at `known`, so that nothing committed after it relies on this reading.
      catching = null;
    }
  }

  function tell(entries: readonly JournalEntry[]): void {
    const [first] = entries;
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return;
    known = Math.max(known, last.position);
    if (catching === null && first.position === hub.position + 1) hub.publish(entries);
    else start();
  }

  const poll = shared
    ? setInterval(() => {
        if (catching !== null) return;
        journal.position().then(heardByPoll, pollFailed);
      }, POLL_MS).unref()
    : null;

  function pollFailed(err: unknown): void {
    if (closed || lostAt !== null) return;
    lostAt = performance.now();
    report('storeLost', { err });
  }

  function heardByPoll(position: number): void {
    if (lostAt !== null) report('storeReached', { afterMs: Math.round(performance.now() - lostAt) });
    lostAt = null;
    if (closed || position <= hub.position) return;
    known = Math.max(known, position);
    if (!isOwn(position)) start();
  }

  const unlisten =
    listen === null
      ? null
      : await listen(heard).catch((error: unknown) => {
          log.warn(
            { err: error },
            `notifications cannot be heard: the journal is polled every ${POLL_MS} ms`,
          );
          return null;
        });

  return {
    announce(entries) {
      own.add(entries);
      return {
        committed() {
          own.delete(entries);
          tell(entries);
        },
        abandoned() {
          own.delete(entries);
          if (known > hub.position) start();
        },
      };
    },
    get behind() {
      return Math.max(0, known - hub.position);
    },
    async catchUp() {
      const position = await journal.position();
      known = Math.max(known, position);
      while (hub.position < position && !closed) await readOn();
    },
    async close() {
      closed = true;
      if (poll !== null) clearInterval(poll);
      await unlisten?.().catch(() => {});
      await catching?.catch(() => {});
    },
  };
}
