import { describe, expect, it } from 'vitest';
import { AT } from '../support/builders/states.ts';
import { person } from '../support/builders/viewers.ts';
import { createLiveBench, createReader, cursorOf, cursors, data, settled } from './live-bench.ts';

type Reader = ReturnType<typeof createReader>;
const kinds = ({ received }: Reader) => received.map((message) => data(message).kind);
const stalledIn = ({ received }: Reader) =>
  received.filter((message) => data(message).kind === 'STALLED').map((message) => data(message));

describe('a session that stalls', () => {
  it('is sent once to each subscription, with its version and the last cursor of each', async () => {
    const bench = createLiveBench();
    bench.change({ sessionId: 'a' });
    const [early, late] = [createReader(), createReader()];
    bench.fanout.join(bench.sessions(), early.sink);
    await settled();
    bench.change({ sessionId: 'b' });
    bench.fanout.join(bench.sessions(), late.sink);
    await settled();
    await bench.stall(2);
    await bench.stalls.look();
    expect(kinds(early)).toEqual(['SNAPSHOT', 'STATUS', 'STALLED', 'STALLED']);
    expect(cursors(early)).toEqual([1, 2, 2, 2]);
    expect(kinds(late)).toEqual(['SNAPSHOT', 'STALLED', 'STALLED']);
    expect(stalledIn(late).map(({ state }) => [state.sessionId, state.version])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    // Both hold cursor 2: executed once for each session.
    expect(bench.executed.filter((message) => 'kind' in message && message.kind === 'STALLED')).toHaveLength(
      2,
    );
  });

  it('is sent only to those who may see it', async () => {
    const bench = createLiveBench();
    bench.change({ sessionId: 'a', userId: 'u1' });
    const readers = ['u1', 'u2'].map((userId) => {
      const reader = createReader();
      for (const sessionId of [undefined, 'a']) {
        bench.fanout.join(bench.sessions({ viewer: person(userId), sessionId }), reader.sink);
      }
      return reader;
    });
    await settled();
    await bench.stall(1);
    expect(readers.map((reader) => stalledIn(reader).length)).toEqual([2, 0]);
  });

  it('enters one filter and leaves the other', async () => {
    const bench = createLiveBench();
    bench.change({ sessionId: 'a' });
    const readers = [{ stalled: true }, { stalled: false }, { status: ['FAILED' as const] }].map((filter) => {
      const reader = createReader();
      bench.fanout.join(bench.sessions({ filter }), reader.sink);
      return reader;
    });
    await settled();
    await bench.stall(1);
    bench.change(
      { sessionId: 'a', lastFactAt: bench.clock.at },
      { position: 1, version: 1, lastFactAt: AT + 1 },
    );
    expect(readers.map(({ received }) => received.slice(1).map((message) => data(message).matches))).toEqual([
      [true, false],
      [false, true],
      [],
    ]);
  });

  it('is not sent where a fact came in time, and again where it stalls again', async () => {
    const bench = createLiveBench();
    const reader = createReader();
    bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    bench.change({ sessionId: 'a' });
    bench.change({ sessionId: 'a', lastFactAt: AT + 500 });
    await bench.stall(2);
    expect(stalledIn(reader)).toEqual([]);
    await bench.stall(500);
    bench.change({ sessionId: 'a', lastFactAt: bench.clock.at });
    await bench.stall(bench.clock.at - AT);
    expect(kinds(reader).slice(1)).toEqual(['STATUS', 'STATUS', 'STALLED', 'STATUS', 'STALLED']);
  });

  it('comes behind the change that made its state, however slow the reader is', async () => {
    const bench = createLiveBench();
    const reader = createReader();
    bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    reader.open = false;
    bench.change({ sessionId: 'a' });
    bench.change({ sessionId: 'b' });
    await bench.stall(2);
    bench.change({ sessionId: 'c' });
    reader.open = true;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(kinds(reader)).toEqual(['SNAPSHOT', 'STATUS', 'STATUS', 'STALLED', 'STALLED', 'STATUS']);
    expect(cursors(reader)).toEqual([0, 1, 2, 2, 2, 3]);
  });

  it('is read from the store again where too much waits, and is still sent once', async () => {
    const bench = createLiveBench({ queueLimit: 2 });
    const reader = createReader();
    bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    bench.change({ sessionId: 'a' });
    await bench.stall(1);
    reader.open = false;
    for (const sessionId of ['b', 'c', 'd', 'e']) bench.change({ sessionId, lastFactAt: bench.clock.at });
    await bench.stall(bench.clock.at - AT);
    reader.open = true;
    await new Promise((resolve) => setTimeout(resolve, 60));
    await settled();
    const stalls = stalledIn(reader).map(({ state }) => state.sessionId);
    expect(stalls.sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(cursors(reader)).toEqual([...cursors(reader)].sort((x, y) => x - y));
  });

  it('waits until its state was published here', async () => {
    const bench = createLiveBench();
    const reader = createReader();
    bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    bench.commit({ sessionId: 'a' });
    await bench.stall(1);
    expect(stalledIn(reader)).toEqual([]);
    bench.relay.published = { position: 1, fingerprint: '' };
    await bench.stalls.look();
    expect(stalledIn(reader)).toHaveLength(1);
  });

  it('is sent after an outage of the store', async () => {
    const bench = createLiveBench();
    const reader = createReader();
    bench.change({ sessionId: 'a' });
    bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    bench.store.fails = true;
    await bench.stall(1);
    expect(stalledIn(reader)).toEqual([]);
    bench.store.fails = false;
    await bench.stalls.look();
    expect(stalledIn(reader)).toHaveLength(1);
  });
});

describe('a subscription that resumes', () => {
  it('is sent what stalled while it was away, once, with the cursor that it holds', async () => {
    const bench = createLiveBench();
    bench.store.portion = 1;
    for (const sessionId of ['a', 'b', 'c']) bench.change({ sessionId });
    await bench.stall(3);
    for (const [asked, expected] of [
      [{}, ['a', 'b', 'c']],
      [{ sessionId: 'b' }, ['b']],
    ] as const) {
      const reader = createReader();
      bench.fanout.join(bench.sessions({ ...asked, after: cursorOf(3) }), reader.sink);
      for (let turn = 0; turn < 20; turn++) await settled();
      await bench.stalls.look();
      const stalls = stalledIn(reader).map(({ state }) => state.sessionId);
      expect(stalls).toEqual(expected);
      expect(new Set(cursors(reader))).toEqual(new Set([3]));
    }
  });

  it('is sent the newest state of what changed and has stalled since as STALLED, with its own cursor', async () => {
    const bench = createLiveBench();
    bench.change({ sessionId: 'a' });
    bench.change({ sessionId: 'b' });
    await bench.stall(2);
    const reader = createReader();
    bench.fanout.join(bench.sessions({ sessionId: 'b', after: cursorOf(1) }), reader.sink);
    await settled();
    expect(kinds(reader)).toEqual(['STALLED']);
    expect(cursors(reader)).toEqual([2]);
  });
});
