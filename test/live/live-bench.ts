import type { GraphQLFormattedError } from 'graphql';
import type { CatchUp, FoundAtHead } from '../../src/domain/catch-up.ts';
import { decodeCursor, encodeCursor, splitCursors } from '../../src/domain/cursor.ts';
import type { JournalRow } from '../../src/domain/journal/row.ts';
import type { Session } from '../../src/domain/session/session.ts';
import type { Viewer } from '../../src/domain/viewer.ts';
import { createFanout, type FanoutOptions } from '../../src/live/fanout/fanout.ts';
import type { Subscribable } from '../../src/live/fanout/group.ts';
import type { Sink } from '../../src/live/fanout/sink.ts';
import { createHub } from '../../src/live/hub.ts';
import { publishEntry } from '../../src/live/publish-entry.ts';
import type { Message } from '../../src/live/sources/source.ts';
import { createSubscriptions, type SessionSubscribeArgs } from '../../src/live/sources/subscriptions.ts';
import { createStallClock } from '../../src/live/stall-clock.ts';
import { createLogger } from '../../src/logger.ts';
import { entryOf, headOf, IDENTITY, nothingStalled, rowAt, sessionAt } from '../support/builders/entries.ts';
import { AT, fingerprintAt } from '../support/builders/states.ts';
import { operator } from '../support/builders/viewers.ts';
import { closeLater } from '../support/closing.ts';

/** After this time without a fact the bench's sessions are stalled. */
const STALLED_AFTER_MS = 1_000;

/** A store of a few sessions: what the newest state of each is, at a head that the test moves. */
function createStore() {
  const sessions = new Map<string, Session>();
  const rows: JournalRow[] = [];
  const store = { position: 0, lowest: 0, portion: 2, reads: 0, fails: false };
  const head = () => {
    store.reads += 1;
    if (store.fails) throw new Error('the store is away');
    return headOf(store.position, store.lowest);
  };
  const mine = (viewer: Viewer) =>
    [...sessions.values()].filter(({ userId }) => viewer.isOperator || viewer.userId === userId);
  const none = async (): Promise<FoundAtHead<never>> => ({ head: head(), found: null });
  const catchUp: CatchUp = {
    head: async () => head(),
    fingerprintAt: async (position) => fingerprintAt(position),
    payments: {
      find: none,
      since: async () => ({ head: head(), rows: [], more: false }),
      stalled: nothingStalled,
    },
    sessions: {
      async find(named, viewer) {
        const [state] = mine(viewer)
          .filter((session) =>
            'id' in named ? session.sessionId === named.id : session.externalId === named.externalId,
          )
          .sort((a, b) => b.createdAt - a.createdAt);
        return {
          head: head(),
          found:
            state === undefined ? null : { state, fingerprint: fingerprintAt(state.position), last: null },
        };
      },
      async since(position, viewer) {
        const since = mine(viewer)
          .filter((session) => session.position > position)
          .sort((a, b) => a.position - b.position)
          .map((state) => ({ state, fingerprint: fingerprintAt(state.position), last: null }));
        return {
          head: head(),
          rows: since.slice(0, store.portion),
          more: since.length >= store.portion,
        };
      },
      async stalled({ from, before, afterMs }, viewer) {
        head();
        const since = typeof from === 'number' ? from : AT + from.rowAt;
        const dueOf = (session: Session) => session.lastFactAt + afterMs;
        const due = mine(viewer)
          .filter((session) => session.outcome === 'PENDING')
          .filter((session) => dueOf(session) >= since && dueOf(session) < before)
          .sort((a, b) => a.lastFactAt - b.lastFactAt);
        const last = due[store.portion - 1];
        const rows = last === undefined ? due : due.filter((session) => dueOf(session) <= dueOf(last));
        return { rows, more: due.length >= store.portion };
      },
    },
    async journalSince(position) {
      const since = rows.filter((row) => row.position > position);
      return { head: head(), rows: since.slice(0, store.portion), more: since.length >= store.portion };
    },
  };
  return { store, sessions, rows, catchUp };
}

interface Received {
  readonly cursor: number;
  readonly payload: string;
}

/** A reader that keeps what it receives; while it is not `open` its sink takes nothing. */
export function createReader() {
  const received: Received[] = [];
  const failures: (readonly GraphQLFormattedError[])[] = [];
  const reader = { received, failures, open: true, cut: false };
  const sink: Sink = {
    transport: 'ws',
    writable: () => reader.open,
    send: (payload, cursor) => received.push({ payload, cursor: decodeCursor(cursor)?.position ?? -1 }),
    fail: (errors) => failures.push(errors),
    slow() {
      reader.cut = true;
    },
  };
  return Object.assign(reader, { sink });
}

/** Sources and fan-out over a hub that the test publishes to, and a store of a few sessions. */
export function createLiveBench({
  hub = createHub({ log: createLogger({ level: 'silent' }) }),
  ...options
}: Partial<FanoutOptions> = {}) {
  const data = createStore();
  /** A clock that the test moves: nothing stalls until it does. */
  const clock = { at: AT };
  const silence = { afterMs: STALLED_AFTER_MS, now: () => clock.at };
  const live = createSubscriptions({ hub, catchUp: data.catchUp, silence });
  const relay = { published: { position: 0, fingerprint: '' } };
  const stalls = createStallClock({
    hub,
    sessions: data.catchUp.sessions,
    relay,
    silence,
    log: createLogger({ level: 'silent' }),
  });
  closeLater(async () => stalls.close());
  const fanout = createFanout({ hub, errorOf: () => ({ message: 'masked' }), ...options });
  const executed: Message[] = [];
  let run: Subscribable['run'] = (message) => JSON.stringify({ data: message });

  function sessions(ask: Partial<SessionSubscribeArgs> & { readonly after?: string } = {}): Subscribable {
    const { after, ...args } = ask;
    const source = live.sessionStatusChanged({ viewer: operator, cursors: splitCursors(after), ...args });
    return {
      source,
      key: `${source.share} ${JSON.stringify(ask.viewer ?? operator)}`,
      run(message) {
        executed.push(message);
        return run(message);
      },
    };
  }

  /** Commits one change and publishes it, as the recorder and the relay do. */
  function change(session: Partial<Session> = {}, before: Partial<Session> | null = null): void {
    commit(session);
    publishEntry(hub, entryOf(data.store.position, session, before));
    relay.published = { position: data.store.position, fingerprint: '' };
  }

  function commit(session: Partial<Session> = {}): void {
    data.store.position += 1;
    const { position } = data.store;
    const state = sessionAt(position, session);
    data.sessions.set(state.sessionId, state);
    data.rows.push(rowAt(position));
  }

  function log(after: string | null = null): Subscribable {
    const source = live.callbackRecorded({ viewer: operator, cursors: splitCursors(after) });
    return { source, key: source.share, run: (message) => JSON.stringify({ data: message }) };
  }

  return {
    store: data.store,
    /** Moves the clock to this long after the last fact of the session of a position, and looks what has stalled. */
    async stall(position: number): Promise<void> {
      clock.at = AT + position + STALLED_AFTER_MS + 1;
      await stalls.look();
    },
    clock,
    stalls,
    commit,
    relay,
    hub,
    live,
    fanout,
    executed,
    sessions,
    log,
    change,
    /** Puts the store back to a position, and resets the hub as the relay does. */
    putBack(position: number): void {
      data.store.position = position;
      for (const [id, session] of data.sessions) if (session.position > position) data.sessions.delete(id);
      data.rows.splice(position);
      hub.reset();
    },
    /** What executes messages from now on. */
    setRun(next: Subscribable['run']) {
      run = next;
    },
  };
}

/** Resolves when everything that can run now has run. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
/** The cursor of a position of the bench's store. */
export const cursorOf = (position: number) =>
  encodeCursor({ identity: IDENTITY, position, fingerprint: fingerprintAt(position) });
/** The positions of the cursors that a reader received. */
export const cursors = ({ received }: { received: readonly Received[] }) =>
  received.map(({ cursor }) => cursor);
/** The execution's `data`. */
export const data = ({ payload }: Received) => JSON.parse(payload).data;
