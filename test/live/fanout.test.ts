import type { GraphQLFormattedError } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { CatchUp, FoundAtHead } from '../../src/domain/catch-up.ts';
import { decodeCursor, encodeCursor, splitCursors } from '../../src/domain/cursor.ts';
import type { SessionFilter } from '../../src/domain/filters.ts';
import type { JournalRow } from '../../src/domain/journal/row.ts';
import type { Session } from '../../src/domain/session/session.ts';
import type { Viewer } from '../../src/domain/viewer.ts';
import { createFanout, type FanoutOptions } from '../../src/live/fanout/fanout.ts';
import type { Subscribable } from '../../src/live/fanout/group.ts';
import type { Sink } from '../../src/live/fanout/sink.ts';
import { createHub } from '../../src/live/hub.ts';
import { publishEntry } from '../../src/live/publish-entry.ts';
import type { SessionAsk } from '../../src/live/sources/session-source.ts';
import type { Message } from '../../src/live/sources/source.ts';
import { createSubscriptions } from '../../src/live/sources/subscriptions.ts';
import { createLogger } from '../../src/logger.ts';
import { entryOf, headOf, IDENTITY, rowAt, sessionAt } from '../support/builders/entries.ts';
import { fingerprintAt } from '../support/builders/states.ts';
import { operator, person } from '../support/builders/viewers.ts';

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
    payment: none,
    paymentsSince: async () => ({ head: head(), rows: [], more: false }),
    async session(named, viewer) {
      const [state] = mine(viewer)
        .filter((session) =>
          'id' in named ? session.sessionId === named.id : session.externalId === named.externalId,
        )
        .sort((a, b) => b.createdAt - a.createdAt);
      return {
        head: head(),
        found: state === undefined ? null : { state, fingerprint: fingerprintAt(state.position), last: null },
      };
    },
    async sessionsSince(position, viewer) {
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
    async journalSince(position) {
      const since = rows.filter((row) => row.position > position);
      return { head: head(), rows: since.slice(0, store.portion), more: since.length >= store.portion };
    },
  };
  return { store, sessions, rows, catchUp };
}

interface Heard {
  readonly cursor: number;
  readonly payload: string;
}

/** A reader that keeps what it is told, and can be stopped. */
function createReader() {
  const heard: Heard[] = [];
  const failures: (readonly GraphQLFormattedError[])[] = [];
  const reader = { heard, failures, open: true, cut: false, asked: 0 };
  const sink: Sink = {
    writable() {
      reader.asked += 1;
      return reader.open;
    },
    send: (payload, cursor) => heard.push({ payload, cursor: decodeCursor(cursor)?.position ?? -1 }),
    fail: (errors) => failures.push(errors),
    slow() {
      reader.cut = true;
    },
  };
  return Object.assign(reader, { sink });
}

function createBench(options: Partial<FanoutOptions> = {}) {
  const hub = createHub({ log: createLogger({ level: 'silent' }) });
  const data = createStore();
  const live = createSubscriptions({ hub, catchUp: data.catchUp });
  const fanout = createFanout({ hub, errorOf: () => ({ message: 'masked' }), ...options });
  const executed: Message[] = [];
  let run: Subscribable['run'] = (message) => ({ data: { ...message } });

  function sessions(ask: Partial<SessionAsk> & { readonly after?: string } = {}): Subscribable {
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

  /** Commits one change and tells it, as the recorder and the relay do. */
  function change(session: Partial<Session> = {}, before: Partial<Session> | null = null): void {
    commit(session);
    publishEntry(hub, entryOf(data.store.position, session, before));
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
    return { source, key: source.share, run: (message) => ({ data: { ...message } }) };
  }

  return {
    ...data,
    sessionsHeld: data.sessions,
    hub,
    live,
    fanout,
    executed,
    sessions,
    log,
    change,
    commit,
    setRun(next: Subscribable['run']) {
      run = next;
    },
  };
}

/** Resolves after everything that is ready has run. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const cursorOf = (position: number) =>
  encodeCursor({ identity: IDENTITY, position, fingerprint: fingerprintAt(position) });
const cursors = ({ heard }: { heard: readonly Heard[] }) => heard.map(({ cursor }) => cursor);
const data = ({ payload }: Heard) => JSON.parse(payload).data;
const matching = (status: 'FAILED'): SessionFilter => ({ status: [status] });

describe('the fanout', () => {
  it('opens with one SNAPSHOT and then tells each change once, with rising cursors', async () => {
    const bench = createBench();
    bench.change();
    const reader = createReader();
    bench.fanout.join(bench.sessions({ sessionId: 's1' }), reader.sink);
    await settled();
    bench.change();
    bench.change({ sessionId: 'other' });
    bench.change();
    expect(cursors(reader)).toEqual([1, 2, 4]);
    expect(reader.heard.map((heard) => data(heard).kind)).toEqual(['SNAPSHOT', 'STATUS', 'STATUS']);
  });

  it('executes once for all that ask the same, and hands all the same text', async () => {
    const bench = createBench();
    const readers = Array.from({ length: 100 }, createReader);
    for (const { sink } of readers) bench.fanout.join(bench.sessions(), sink);
    await settled();
    expect([bench.fanout.size, bench.fanout.groups, bench.hub.size]).toEqual([100, 1, 1]);
    const opened = bench.executed.length;
    bench.change();
    expect(bench.executed.length - opened).toBe(1);
    expect(new Set(readers.map(({ heard }) => heard.at(-1)?.payload)).size).toBe(1);
  });

  it('does not execute what nobody takes', async () => {
    const bench = createBench();
    const reader = createReader();
    bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    const opened = bench.executed.length;
    reader.open = false;
    for (let n = 0; n < 50; n++) bench.change();
    expect(bench.executed.length).toBe(opened);
  });

  it('tells a reader that lagged the newest of each subject, in the order of their last change', async () => {
    const bench = createBench();
    const reader = createReader();
    const member = bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    reader.open = false;
    for (const sessionId of ['a', 'b', 'c', 'a', 'b', 'a']) bench.change({ sessionId });
    reader.open = true;
    member.drained();
    const told = reader.heard.slice(1);
    expect(told.map((heard) => data(heard).session.sessionId)).toEqual(['c', 'b', 'a']);
    expect(cursors(reader)).toEqual([0, 3, 5, 6]);
  });

  it('tells the log row by row to a reader that lagged, also beyond what may wait', async () => {
    const bench = createBench({ queueLimit: 5 });
    const reader = createReader();
    const member = bench.fanout.join(bench.log(), reader.sink);
    await settled();
    reader.open = false;
    for (let n = 0; n < 23; n++) bench.change();
    reader.open = true;
    member.drained();
    while (reader.heard.length < 24) await settled();
    bench.change();
    expect(cursors(reader)).toEqual(Array.from({ length: 25 }, (_, n) => n));
  });

  it('reads the newest again when more subjects change than may wait', async () => {
    const bench = createBench({ queueLimit: 5 });
    const reader = createReader();
    const member = bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    reader.open = false;
    for (let n = 0; n < 40; n++) bench.change({ sessionId: `s${n % 20}` });
    reader.open = true;
    member.drained();
    while (reader.heard.length < 21) await settled();
    expect(cursors(reader)).toEqual([0, ...Array.from({ length: 20 }, (_, n) => 21 + n)]);
  });

  it('ends the connection of a reader for which nothing moved, and of nobody else', async () => {
    const bench = createBench({ slowAfterMs: 0 });
    const [stalled, healthy] = [createReader(), createReader()];
    bench.fanout.join(bench.sessions(), stalled.sink);
    bench.fanout.join(bench.sessions(), healthy.sink);
    await settled();
    stalled.open = false;
    bench.change();
    while (!stalled.cut) await settled();
    bench.change();
    expect(cursors(healthy)).toEqual([0, 1, 2]);
    expect(bench.fanout.size).toBe(1);
  });

  it('ends an operation by its errors and lets the others go on', async () => {
    const bench = createBench();
    const [bad, good] = [createReader(), createReader()];
    bench.fanout.join(
      { ...bench.sessions(), key: 'bad', run: () => ({ errors: [{ message: 'no' }] }) },
      bad.sink,
    );
    bench.fanout.join(bench.sessions(), good.sink);
    await settled();
    bench.change();
    expect(bad.failures).toEqual([[{ message: 'no' }]]);
    expect(bad.heard).toEqual([]);
    expect(cursors(good)).toEqual([0, 1]);
  });

  it('fails a subscription whose store is away, in words for readers', async () => {
    const bench = createBench();
    bench.store.fails = true;
    const reader = createReader();
    bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    expect(reader.failures).toEqual([[{ message: 'masked' }]]);
    expect([bench.fanout.size, bench.fanout.groups, bench.hub.size]).toEqual([0, 0, 0]);
  });

  it('keeps the order when executions take their time, and starves nobody', async () => {
    const bench = createBench();
    const reader = createReader();
    bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    bench.setRun(async (message) => {
      await settled();
      return { data: { ...message } };
    });
    for (let n = 0; n < 20; n++) {
      bench.change();
      await settled();
    }
    while (cursors(reader).at(-1) !== 20) await settled();
    expect(reader.heard.length).toBeGreaterThan(5);
    expect(cursors(reader)).toEqual([...new Set(cursors(reader))].sort((a, b) => a - b));
  });

  it('misses nothing that is committed while a subscription opens', async () => {
    for (const ask of [
      {},
      { sessionId: 's1' },
      { after: cursorOf(1) },
      { sessionId: 's1', after: cursorOf(1) },
    ]) {
      const bench = createBench();
      for (let n = 0; n < 3; n++) bench.change();
      const reader = createReader();
      bench.fanout.join(bench.sessions(ask), reader.sink);
      for (let n = 0; n < 10; n++) {
        bench.change();
        await Promise.resolve();
      }
      while (cursors(reader).at(-1) !== 13) await settled();
      expect(cursors(reader)).toEqual([...new Set(cursors(reader))].sort((a, b) => a - b));
    }
  });

  it('resumes behind an honoured cursor, in portions, without a SNAPSHOT', async () => {
    const bench = createBench();
    for (const sessionId of ['a', 'b', 'c', 'd', 'a']) bench.change({ sessionId });
    const reader = createReader();
    bench.fanout.join(bench.sessions({ after: cursorOf(1) }), reader.sink);
    while (reader.heard.length < 4) await settled();
    bench.change({ sessionId: 'b' });
    await settled();
    expect(cursors(reader)).toEqual([2, 3, 4, 5, 6]);
    expect(reader.heard.map((heard) => data(heard).kind)).not.toContain('SNAPSHOT');
  });

  it.each([
    ['garbage', 'nonsense'],
    ['another store', encodeCursor({ identity: 'ffffffff', position: 2, fingerprint: fingerprintAt(2) })],
    ['beyond the head', cursorOf(99)],
    ['of another history', encodeCursor({ identity: IDENTITY, position: 3, fingerprint: fingerprintAt(33) })],
    ['what 0.1 gave', Buffer.from(`${IDENTITY}.3`).toString('base64url')],
    ['no longer reached', cursorOf(1)],
  ])('opens with a SNAPSHOT that says so when a cursor is %s', async (_, after) => {
    const bench = createBench();
    for (let n = 0; n < 5; n++) bench.change();
    bench.store.lowest = 2;
    for (const ask of [{ after }, { after, sessionId: 's1' }]) {
      const reader = createReader();
      bench.fanout.join(bench.sessions(ask), reader.sink);
      await settled();
      expect(reader.heard.map((heard) => data(heard).recovered)).toEqual([false]);
      expect(cursors(reader)).toEqual([5]);
    }
  });

  it('takes the furthest cursor that can be honoured, and none for an empty one', async () => {
    const bench = createBench();
    for (let n = 0; n < 5; n++) bench.change({ sessionId: `s${n}` });
    const reader = createReader();
    bench.fanout.join(
      bench.sessions({ after: `${cursorOf(2)},${cursorOf(4)}, ${cursorOf(77)}` }),
      reader.sink,
    );
    const fresh = createReader();
    bench.fanout.join(bench.sessions({ after: '' }), fresh.sink);
    await settled();
    expect(cursors(reader)).toEqual([5]);
    expect(fresh.heard.map((heard) => data(heard).recovered)).toEqual([true]);
  });

  describe('when the store was put back', () => {
    /** Puts the bench's store back to a position, and resets the hub as the relay does. */
    function putBack(bench: ReturnType<typeof createBench>, position: number): void {
      bench.store.position = position;
      for (const [id, session] of bench.sessionsHeld) {
        if (session.position > position) bench.sessionsHeld.delete(id);
      }
      bench.rows.splice(position);
      bench.hub.reset();
    }

    it('tells each reader so with one SNAPSHOT, and then what comes, from its position on', async () => {
      const bench = createBench();
      for (const sessionId of ['a', 'b', 'c']) bench.change({ sessionId });
      const [one, all, log] = [createReader(), createReader(), createReader()];
      bench.fanout.join(bench.sessions({ sessionId: 'c' }), one.sink);
      bench.fanout.join(bench.sessions(), all.sink);
      bench.fanout.join(bench.log(), log.sink);
      await settled();
      putBack(bench, 1);
      await settled();
      bench.change({ sessionId: 'c' });
      expect([one, all, log].map(cursors)).toEqual([
        [3, 1, 2],
        [3, 1, 2],
        [3, 1, 2],
      ]);
      for (const reader of [one, all, log]) {
        expect(reader.heard.map((heard) => data(heard).recovered)).toEqual([true, false, true]);
      }
      expect(one.heard.map((heard) => data(heard).session?.position ?? null)).toEqual([3, null, 2]);
    });

    it('sends nothing of the old history to who lags, is being answered or was about to begin', async () => {
      const bench = createBench();
      bench.change();
      const [lagging, answered, beginning] = [createReader(), createReader(), createReader()];
      const lag = bench.fanout.join(bench.sessions({ sessionId: 's1' }), lagging.sink);
      await settled();
      lagging.open = false;
      bench.change();
      const late: (() => void)[] = [];
      bench.fanout.join(bench.sessions(), answered.sink);
      await settled();
      bench.setRun((message) => new Promise((resolve) => late.push(() => resolve({ data: { ...message } }))));
      bench.change();
      bench.setRun((message) => ({ data: { ...message } }));
      bench.fanout.join(bench.sessions({ after: cursorOf(3) }), beginning.sink);
      putBack(bench, 1);
      for (const answer of late) answer();
      lagging.open = true;
      lag.drained();
      await settled();
      bench.change();
      expect([lagging, answered, beginning].map(cursors)).toEqual([
        [1, 1, 2],
        [2, 1, 2],
        [1, 2],
      ]);
    });

    it('follows the session that was created last by then', async () => {
      const bench = createBench();
      bench.change({ sessionId: 'old', externalId: 'e1', createdAt: 10 });
      bench.change({ sessionId: 'new', externalId: 'e1', createdAt: 20 });
      const reader = createReader();
      bench.fanout.join(bench.sessions({ externalId: 'e1' }), reader.sink);
      await settled();
      putBack(bench, 1);
      await settled();
      bench.change({ sessionId: 'old', externalId: 'e1', createdAt: 10 });
      expect(reader.heard.map((heard) => data(heard).session.sessionId)).toEqual(['new', 'old', 'old']);
    });

    it('says so to who iterates alone', async () => {
      const bench = createBench();
      for (let n = 0; n < 3; n++) bench.change();
      const messages = bench.live
        .callbackRecorded({ viewer: operator, cursors: [cursorOf(2)] })
        [Symbol.asyncIterator]();
      const next = async () => (await messages.next()).value;
      expect(await next()).toMatchObject({ callback: { position: 3 } });
      bench.change();
      putBack(bench, 1);
      expect(await next()).toMatchObject({ recovered: false, callback: null });
      bench.change();
      expect(await next()).toMatchObject({ recovered: true, callback: { position: 2 } });
      await messages.return?.();
    });

    it('reads once for all that ask the same, and executes once', async () => {
      const bench = createBench();
      bench.change();
      const readers = Array.from({ length: 50 }, createReader);
      for (const reader of readers) bench.fanout.join(bench.sessions(), reader.sink);
      await settled();
      const before = [bench.store.reads, bench.executed.length];
      putBack(bench, 0);
      await settled();
      expect(readers.every(({ heard }) => heard.length === 2)).toBe(true);
      expect([bench.store.reads, bench.executed.length]).toEqual(before.map((n) => n + 1));
    });
  });

  it('says once that a session has left the filter, and nothing of what never met it', async () => {
    const bench = createBench();
    const reader = createReader();
    bench.fanout.join(bench.sessions({ filter: matching('FAILED') }), reader.sink);
    await settled();
    bench.change({ status: 'IN_PROGRESS' });
    bench.change({ status: 'FAILED' }, { status: 'IN_PROGRESS' });
    bench.change({ status: 'FINISHED' }, { status: 'FAILED' });
    bench.change({ status: 'FINISHED' }, { status: 'FINISHED' });
    expect(reader.heard.slice(1).map((heard) => data(heard).matches)).toEqual([true, false]);
    expect(cursors(reader)).toEqual([0, 2, 3]);
  });

  it('tells a resumed filter what may have left it, and leaves out what never met it', async () => {
    const bench = createBench();
    bench.change({ sessionId: 'a', status: 'FINISHED' });
    bench.change({ sessionId: 'b', status: 'FAILED' });
    bench.change({ sessionId: 'c', status: 'FAILED', bankId: 'other' });
    const reader = createReader();
    bench.fanout.join(
      bench.sessions({ filter: { status: ['FAILED'], bankId: '75' }, after: cursorOf(0) }),
      reader.sink,
    );
    while (reader.heard.length < 2) await settled();
    await settled();
    expect(reader.heard.map((heard) => data(heard).matches)).toEqual([false, true]);
  });

  it('tells nobody of what is not theirs', async () => {
    const bench = createBench();
    const reader = createReader();
    for (const ask of [{}, { sessionId: 's1' }, { externalId: 'e1' }, { after: cursorOf(0) }]) {
      bench.fanout.join(bench.sessions({ viewer: person('u2'), ...ask }), reader.sink);
    }
    await settled();
    bench.change({ userId: 'u1', externalId: 'e1' });
    await settled();
    expect(reader.heard.map((heard) => data(heard).session)).toEqual([null, null, null]);
    expect(() => bench.live.callbackRecorded({ viewer: person('u2') })).toThrow('operators only');
  });

  it('follows the session created last of those that share an external id', async () => {
    const bench = createBench();
    bench.change({ sessionId: 'old', externalId: 'e1', createdAt: 10 });
    bench.change({ sessionId: 'new', externalId: 'e1', createdAt: 20 });
    const reader = createReader();
    bench.fanout.join(bench.sessions({ externalId: 'e1' }), reader.sink);
    await settled();
    bench.change({ sessionId: 'old', externalId: 'e1', createdAt: 10 });
    bench.change({ sessionId: 'newer', externalId: 'e1', createdAt: 30 });
    bench.change({ sessionId: 'new', externalId: 'e1', createdAt: 20 });
    bench.change({ sessionId: 'newer', externalId: 'e1', createdAt: 30 });
    expect(reader.heard.map((heard) => data(heard).session.sessionId)).toEqual(['new', 'newer', 'newer']);
  });

  it('leaves nothing behind after 10,000 rounds of joining and leaving', async () => {
    const bench = createBench();
    for (let n = 0; n < 10_000; n++) {
      const member = bench.fanout.join(bench.sessions({ sessionId: `s${n % 7}` }), createReader().sink);
      if (n % 2 === 0) await Promise.resolve();
      member.leave();
      member.leave();
    }
    await settled();
    expect([bench.fanout.size, bench.fanout.groups, bench.hub.size, bench.hub.topics]).toEqual([0, 0, 0, 0]);
  });

  it('is iterated alone as well, and ends at once when its reader goes', async () => {
    const bench = createBench();
    bench.change();
    const source = bench.live.sessionStatusChanged({ viewer: operator, sessionId: 's1' });
    const iterator = source[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ kind: 'SNAPSHOT', cursor: cursorOf(1) });
    bench.change();
    expect((await iterator.next()).value).toMatchObject({ kind: 'STATUS', cursor: cursorOf(2) });
    const pending = iterator.next();
    await iterator.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(bench.hub.size).toBe(0);
  });
});
