import type { JournalPlace } from '../../domain/cursor.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Logger } from '../../logger.ts';
import { type Emit, UNOBSERVED } from '../../observe.ts';
import type { Hub } from '../hub.ts';
import { createFollower, type JournalReads } from './follower.ts';
import { createHistoryWatch, type Replacement } from './history-watch.ts';
import { createOwnBatches } from './own-batches.ts';
import { createPoll } from './poll.ts';
import { createPublished } from './published.ts';

/** Notifications get lost, so every instance looks for itself this often. */
const POLL_MS = 1_000;
/** Before the first row. */
const BEGINNING: JournalPlace = { position: 0, fingerprint: '' };

export interface RelayOptions {
  readonly hub: Hub;
  readonly journal: JournalReads;
  /**
   * Calls back with each position that another instance commits, and with null where some may have been lost: see
   * `Store.listen`. Null where nobody else writes, or there is nothing to listen to.
   */
  readonly listen: ((onCommitted: (position: number | null) => void) => Promise<() => Promise<void>>) | null;
  /** Whether other instances may write to the same store. */
  readonly shared: boolean;
  /** Called before subscriptions start over: nothing that is known of the store's rows holds any more. */
  readonly onReplaced?: (replacement: { readonly otherServer: boolean }) => void;
  readonly log: Logger;
  readonly emit?: Emit;
}

/** Publishes every row of the journal on this instance, no matter which one wrote it, in the order of position. */
export interface Relay {
  /**
   * A batch that this instance is about to commit: its notification is no reason to read it back. One of the two
   * functions is called afterwards, and the second after the first only where that threw.
   */
  announce(entries: readonly JournalEntry[]): { committed(): void; abandoned(): void };
  /**
   * A subscriber is shown the row at `place`, read from the store before it was published here. Where the journal
   * turns out to hold another row there, everything starts over, just as where it had been published.
   */
  notice(place: JournalPlace): void;
  /** The last row that was published here, or passed over. */
  readonly published: JournalPlace;
  /** How many positions the store is known to be ahead of what was published here. */
  readonly behind: number;
  /**
   * Looks whether the store goes on from what was published here, and starts over where it does not. False where that
   * cannot be said yet (a standby). Rejects where the store cannot be read.
   */
  check(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * The way from COMMIT to the hub.
 *
 * ```
 *                 own batch that is next: published as it is
 *                   ┌───────┐
 *                   ▼       │      hole · notification · poll · own batch that failed
 *   created ──▶ up to date ─┴─────────────────────────────────────────────────▶ reading
 *                   ▲  ▲           all up to the store's head is published         │
 *                   │  └───────────────────────────────────────────────────────────┤
 *                   │              the store no longer has what was published      ▼
 *                   └────────── every subscription starts over ◀────────────── replaced
 * ```
 *
 * - Own batches (`own-batches.ts`): the recorder hands over what it commits. It is published at once where it is the
 *   next row; otherwise what lies between is read first.
 * - Others' batches (`follower.ts`): a notification carries nothing but a position, and a poll looks every second, so
 *   that a lost notification costs a second and nothing else.
 * - A replaced history (`history-watch.ts`): the store may be put back under a running instance, by a restored dump or
 *   a standby that was promoted before it had everything. Each reading says whether the journal still holds the last
 *   row published here. Where it does not, or where state was recomputed, the hub is reset to the store's head.
 */
export async function createRelay({
  hub,
  journal,
  listen,
  shared,
  onReplaced = () => {},
  log,
  emit = UNOBSERVED,
}: RelayOptions): Promise<Relay> {
  const first = await journal.look(BEGINNING);
  // What this instance alone writes is never folded again.
  const published = createPublished(hub, first, shared ? journal.published : undefined);
  const own = createOwnBatches();
  const history = createHistoryWatch({ first, published, onReplaced: startOver });
  const follower = createFollower({ journal, published, history, own, log });
  const poll = shared
    ? createPoll({
        everyMs: POLL_MS,
        ask: follower.look,
        isBusy: () => follower.isReading,
        onLost: (err) => emit.storeLost?.({ err }),
        onReached: (afterMs) => emit.storeReached?.({ afterMs }),
      })
    : null;

  function startOver({ found, lost, sighting, otherServer }: Replacement): void {
    const { identity, position } = sighting;
    own.clear();
    journal.replaced();
    follower.restartAt(position);
    emit.historyReplaced?.({ found, before: lost.position, position, identity });
    onReplaced({ otherServer });
    published.restartAt(sighting);
  }

  function publishOwn(entries: readonly JournalEntry[]): void {
    const [first] = entries;
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return;
    follower.committed(last.position);
    if (!follower.isReading && published.isNext(first) && !history.contradictsShown(entries))
      published.publish(entries);
    else follower.start();
  }

  const unlisten = listen === null ? null : await listen(follower.notified).catch(pollOnly);

  function pollOnly(err: unknown): null {
    log.warn({ err }, `notifications cannot be received: the journal is polled every ${POLL_MS} ms`);
    return null;
  }

  return {
    announce(entries) {
      const { generation } = history.mark();
      own.begin(entries);
      return {
        committed() {
          if (history.mark().generation === generation) {
            own.committed(entries);
            publishOwn(entries);
            return;
          }
          // Whether the store still has it is not known: its positions may be those of other rows by now.
          own.abandoned(entries);
          follower.start();
        },
        abandoned() {
          own.abandoned(entries);
          if (follower.behind > 0) follower.start();
        },
      };
    },
    notice: history.show,
    get published() {
      return published.place;
    },
    get behind() {
      return follower.behind;
    },
    check: follower.look,
    async close() {
      poll?.close();
      const followed = follower.close();
      await unlisten?.().catch(() => {});
      await followed;
    },
  };
}
