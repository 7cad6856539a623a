import type { CatchUp } from '../domain/catch-up.ts';
import type { JournalPlace } from '../domain/cursor.ts';
import type { Instant, Session } from '../domain/session/session.ts';
import { type Silence, stallsAt } from '../domain/session/silence.ts';
import { EXPLORER } from '../domain/viewer.ts';
import type { Logger } from '../logger.ts';
import type { Hub } from './hub.ts';
import { topicsOfStalled } from './topics.ts';

/** How often the store is asked what has stalled, in milliseconds. */
const LOOK_MS = 1_000;

/** Publishes each session that stalls, on each instance to its own subscriptions. */
export interface StallClock {
  /** Looks now; resolves when what has stalled is published, or when the store could not be read. */
  look(): Promise<void>;
  close(): void;
}

export interface StallClockOptions {
  readonly hub: Hub;
  /** Reads sessions that stalled within a window. */
  readonly sessions: Pick<CatchUp['sessions'], 'stalled'>;
  /** What was published here last. */
  readonly relay: { readonly published: JournalPlace };
  readonly silence: Silence;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * One statement a second, by an index, while anybody subscribes: the sessions whose time has come since the last look. The
 * looks leave no gap between them, so each stall is published once, and one that could not be read is read by the next.
 *
 * A session is published in the order of the hub's entries: a state that is newer than what was published here waits for
 * the next look, and one that changed while the store was read is published as it is now, if it is still stalled.
 */
export function createStallClock({ hub, sessions, relay, silence, log }: StallClockOptions): StallClock {
  const { afterMs, now } = silence;
  let from = now();
  let looking: Promise<void> | null = null;
  let generation = 0;
  let isClosed = false;
  let hasFailed = false;
  const stopResets = hub.onReset(() => {
    generation += 1;
  });
  const timer = setInterval(() => void look(), LOOK_MS).unref();

  function look(): Promise<void> {
    looking ??= publishDue().finally(() => {
      looking = null;
    });
    return looking;
  }

  async function publishDue(): Promise<void> {
    const before = Math.max(from, now());
    if (hub.size === 0) {
      from = before;
      return;
    }
    try {
      while (!isClosed && from < before && (await publishPortion(before))) {
        // The next portion.
      }
      hasFailed = false;
    } catch (err) {
      if (!hasFailed) log.warn({ err }, 'what has stalled cannot be read: it is sent when the store is back');
      hasFailed = true;
    }
  }

  /** Gives whether there may be more. */
  async function publishPortion(before: Instant): Promise<boolean> {
    const changed = new Map<string, Session>();
    const begun = generation;
    const unsubscribe = hub.subscribe('sessions', (published) => {
      if ('row' in published && published.change?.of === 'session') {
        changed.set(published.change.after.sessionId, published.change.after);
      }
    });
    const { rows, more } = await sessions.stalled({ from, before, afterMs }, EXPLORER).finally(unsubscribe);
    if (isClosed || begun !== generation) return false;
    const due = rows.map((state) => ({ state, dueAt: stallsAt(state, silence) ?? before }));
    const ahead = due.find(({ state }) => state.position > relay.published.position);
    const until = ahead?.dueAt ?? before;
    for (const { state, dueAt } of due) {
      if (dueAt < until) publishUnlessOver(changed.get(state.sessionId) ?? state, dueAt);
    }
    const last = due.at(-1);
    from = ahead === undefined && more && last !== undefined ? last.dueAt + 1 : until;
    return ahead === undefined && more;
  }

  function publishUnlessOver(stalled: Session, dueAt: Instant): void {
    if (stallsAt(stalled, silence) !== dueAt) return;
    for (const topic of topicsOfStalled({ stalled, dueAt })) hub.publish(topic, { stalled, dueAt });
  }

  return {
    look,
    close() {
      isClosed = true;
      clearInterval(timer);
      stopResets();
    },
  };
}
