import type { JournalPlace } from '../domain/cursor.ts';
import type { JournalEntry } from '../domain/journal/entry.ts';
import { fingerprintOf } from '../domain/journal/fingerprint.ts';
import { type Break, breakBetween, isOtherServer, type Sighting } from '../domain/journal/history.ts';
import type { Logger } from '../logger.ts';
import { type Emit, UNOBSERVED } from '../observe.ts';
import type { Hub } from './hub.ts';
import { createOwnBatches } from './own-batches.ts';
import { createSoon } from './soon.ts';

/** Notifications get lost, so every instance looks for itself this often. */
const POLL_MS = 1_000;
/** Rows read at once when catching up. */
const PORTION = 500;
/** Notifications of what is known already have the store looked at, at most this often. */
const LOOK_AGAIN_MS = 100;

export interface RelayOptions {
  readonly hub: Hub;
  /** The journal as the store has it. */
  readonly journal: {
    look(place: JournalPlace): Promise<Sighting>;
    entriesAfter(
      place: JournalPlace,
      limit: number,
    ): Promise<{ readonly sighting: Sighting; readonly entries: readonly JournalEntry[] }>;
  };
  /** See `Store.listen`; null where nobody else writes, or nothing can be heard. */
  readonly listen: ((heard: (position: number | null) => void) => Promise<() => Promise<void>>) | null;
  /** Whether other instances may write to the same store. */
  readonly shared: boolean;
  /** Called before subscribers begin anew: whatever is known of the store's rows is to be dropped. */
  readonly onBroken?: (is: { readonly otherServer: boolean }) => void;
  readonly log: Logger;
  readonly emit?: Emit;
}

/** Tells this instance's subscribers of every journal row, whoever wrote it, in the order of position. */
export interface Relay {
  /**
   * A batch that this instance is about to commit: what is heard of it meanwhile is no reason to read it back. One of
   * the two that this gives is called once it was committed, or failed, or may have.
   */
  announce(entries: readonly JournalEntry[]): { committed(): void; abandoned(): void };
  /**
   * A row that a subscriber is shown, read from the store before it was told here. Where the journal turns out to hold
   * another in its place, everything begins anew as where that was told.
   */
  notice(place: JournalPlace): void;
  /** How many positions the store is known to be ahead of what was told here. */
  readonly behind: number;
  /** Resolves when all that the store held at the time of the call has been told. Rejects where it cannot be read. */
  catchUp(): Promise<void>;
  /**
   * Looks whether the store goes on from what was told here, and takes up what is there where it does not. False where
   * that cannot be said yet (a standby). Rejects where the store cannot be read.
   */
  check(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * The way from COMMIT to the hub. An own batch is told directly only where it goes on right from what was told last;
 * otherwise what is between is read from the journal first. Others' batches are heard of by a notification, which
 * carries nothing but a position, and by a poll, always.
 *
 * The store may be put back under a running instance: a restored dump, a standby that was promoted before it had
 * everything. Each reading says whether the journal still holds the last row told here. Where it does not, or where
 * state was computed anew, nothing of what was told counts any more: the hub is set to the store's head, and every
 * subscriber begins anew.
 */
export async function createRelay(options: RelayOptions): Promise<Relay> {
  const { hub, journal, listen, shared, onBroken = () => {}, log, emit = UNOBSERVED } = options;
  let seen = await journal.look(hub.place);
  let known = seen.position;
  hub.advance({ position: seen.position, fingerprint: seen.fingerprint });
  /** The furthest row that was shown before it was told; of no account once the hub is past it. */
  let shown: JournalPlace = hub.place;
  /** Raised where the store has another history than what was read of it. */
  let history = 0;
  let catching: Promise<void> | null = null;
  let closed = false;
  /** When the store stopped answering; null while it answers. */
  let lostAt: number | null = null;
  const own = createOwnBatches();
  const lookSoon = createSoon(LOOK_AGAIN_MS, () => void look().catch(warnOfPoll));

  function heard(position: number | null): void {
    if (closed) return;
    if (position !== null) {
      if (own.isOf(position)) {
        known = Math.max(known, position);
        return;
      }
      // Nothing new, or a new row in the place of one that was told.
      if (position <= hub.position) {
        lookSoon.call();
        return;
      }
      known = Math.max(known, position);
    }
    start();
  }

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
        const [goal, begun, { place }, ahead] = [known, history, hub, shown];
        const { sighting, entries } = await journal.entriesAfter(place, PORTION);
        if (begun !== history) continue;
        if (sighting.isStandby) return;
        if (isBroken(place, sighting) || isBrokenAhead(ahead, sighting, entries)) continue;
        // What was told directly meanwhile is not told twice.
        const news = entries.filter((entry) => entry.position > hub.position);
        if (news.length > 0) hub.publish(news);
        if (entries.length === PORTION) continue;
        // All that was committed by then has been read: what is missing below the head was deleted, and is past.
        hub.advance({ position: sighting.position, fingerprint: sighting.fingerprint });
        if (known === goal || hub.position >= known) {
          // What was heard of beyond the head is of a history that the store has no more.
          known = hub.position;
          return;
        }
      }
    } finally {
      // In the same turn as the last look at `known`, so that nothing committed after it relies on this reading.
      catching = null;
    }
  }

  /** Whether the store goes on from `place` no more; then everything begins anew from what it holds. */
  function isBroken(place: JournalPlace, sighting: Sighting): boolean {
    const found = breakBetween(seen, place, sighting);
    if (found !== null) beginAnew(found, place, sighting);
    else seen = sighting;
    return found !== null;
  }

  /** The same for what was shown before it was told. */
  function isBrokenAhead(
    ahead: JournalPlace,
    sighting: Sighting,
    entries: readonly JournalEntry[] = [],
  ): boolean {
    if (ahead.position <= hub.position) return false;
    if (sighting.position < ahead.position)
      beginAnew('the journal ends before what was read of it', ahead, sighting);
    else if (holdsAnother(ahead, entries))
      beginAnew('the journal holds another row, or none, where it was read last', ahead, sighting);
    else return false;
    return true;
  }

  function beginAnew(found: Break, place: JournalPlace, sighting: Sighting): void {
    const otherServer = isOtherServer(seen, sighting);
    history += 1;
    seen = sighting;
    known = sighting.position;
    shown = sighting;
    own.clear();
    const { identity, position, fingerprint } = sighting;
    emit.historyReplaced?.({ found, told: place.position, position, identity });
    onBroken({ otherServer });
    hub.reset({ position, fingerprint });
  }

  /** Gives whether the store could say what it is. */
  async function look(): Promise<boolean> {
    const [begun, { place }, ahead] = [history, hub, shown];
    const sighting = await journal.look(place);
    if (closed || sighting.isStandby) return false;
    if (begun !== history || isBroken(place, sighting) || isBrokenAhead(ahead, sighting)) return true;
    const { position } = sighting;
    if (position > hub.position) {
      known = Math.max(known, position);
      if (catching === null && !own.isOf(position)) start();
    }
    return true;
  }

  function tell(entries: readonly JournalEntry[]): void {
    const [first] = entries;
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return;
    known = Math.max(known, last.position);
    const isNext =
      first.position === hub.position + 1 &&
      first.row.fingerprint === fingerprintOf(hub.place.fingerprint, first.row);
    if (catching === null && isNext && !holdsAnother(shown, entries)) hub.publish(entries);
    else start();
  }

  const warnOfPoll = (error: unknown) => log.warn({ err: error }, 'the store cannot be polled');
  const poll = shared
    ? setInterval(() => {
        if (catching === null) look().then(pollAnswered, pollFailed);
      }, POLL_MS).unref()
    : null;

  function pollFailed(err: unknown): void {
    if (closed || lostAt !== null) return;
    lostAt = performance.now();
    emit.storeLost?.({ err });
  }

  function pollAnswered(): void {
    if (lostAt !== null) emit.storeReached?.({ afterMs: Math.round(performance.now() - lostAt) });
    lostAt = null;
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
      own.begin(entries);
      return {
        committed() {
          own.committed(entries);
          tell(entries);
        },
        abandoned() {
          own.abandoned(entries);
          if (known > hub.position) start();
        },
      };
    },
    notice({ position, fingerprint }) {
      if (position > hub.position && position > shown.position) shown = { position, fingerprint };
    },
    get behind() {
      return Math.max(0, known - hub.position);
    },
    async catchUp() {
      const begun = history;
      const { position } = await journal.look(hub.place);
      known = Math.max(known, position);
      while (hub.position < position && begun === history && !closed) await readOn();
    },
    check: look,
    async close() {
      closed = true;
      lookSoon.cancel();
      if (poll !== null) clearInterval(poll);
      await unlisten?.().catch(() => {});
      await catching?.catch(() => {});
    },
  };
}

/** Whether these rows hold another one at a place; false where it is not among them. */
function holdsAnother({ position, fingerprint }: JournalPlace, entries: readonly JournalEntry[]): boolean {
  const last = entries.at(-1)?.position ?? 0;
  if (position > last) return false;
  const there = entries.find((entry) => entry.position === position);
  return there !== undefined && there.row.fingerprint !== fingerprint;
}
