import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/logger.ts';
import { createLatePubSub } from './late-pub-sub.ts';
import { createLiveBench, createReader, cursorOf, cursors, data, settled } from './live-bench.ts';

describe('the fan-out', () => {
  it('opens with one SNAPSHOT and then sends each change once, with rising cursors', async () => {
    const bench = createLiveBench();
    bench.change();
    const reader = createReader();
    bench.fanout.join(bench.sessions({ sessionId: 's1' }), reader.sink);
    await settled();
    bench.change();
    bench.change({ sessionId: 'other' });
    bench.change();
    expect(cursors(reader)).toEqual([1, 2, 4]);
    expect(reader.received.map((message) => data(message).kind)).toEqual(['SNAPSHOT', 'STATUS', 'STATUS']);
  });

  it('executes once for all subscriptions of a group, and sends all the same text', async () => {
    const bench = createLiveBench();
    const readers = Array.from({ length: 100 }, createReader);
    for (const { sink } of readers) bench.fanout.join(bench.sessions(), sink);
    await settled();
    expect([bench.fanout.size, bench.fanout.groups, bench.hub.size]).toEqual([100, 1, 1]);
    const opened = bench.executed.length;
    bench.change();
    expect(bench.executed.length - opened).toBe(1);
    expect(new Set(readers.map(({ received }) => received.at(-1)?.payload)).size).toBe(1);
  });

  it('does not execute what no sink takes', async () => {
    const bench = createLiveBench();
    const reader = createReader();
    bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    const opened = bench.executed.length;
    reader.open = false;
    for (let n = 0; n < 50; n++) bench.change();
    expect(bench.executed.length).toBe(opened);
  });

  it('ends an operation by its errors and lets the others go on', async () => {
    const bench = createLiveBench();
    const [bad, good] = [createReader(), createReader()];
    bench.fanout.join({ ...bench.sessions(), key: 'bad', run: () => [{ message: 'no' }] }, bad.sink);
    bench.fanout.join(bench.sessions(), good.sink);
    await settled();
    bench.change();
    expect(bad.failures).toEqual([[{ message: 'no' }]]);
    expect(bad.received).toEqual([]);
    expect(cursors(good)).toEqual([0, 1]);
  });

  it('ends a subscription whose store is away by a masked error', async () => {
    const bench = createLiveBench();
    bench.store.fails = true;
    const reader = createReader();
    bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    expect(reader.failures).toEqual([[{ message: 'masked' }]]);
    expect([bench.fanout.size, bench.fanout.groups, bench.hub.size]).toEqual([0, 0, 0]);
  });

  it('keeps the order when executions take their time, and starves nobody', async () => {
    const bench = createLiveBench();
    const reader = createReader();
    bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    bench.setRun(async (message) => {
      await settled();
      return JSON.stringify({ data: message });
    });
    for (let n = 0; n < 20; n++) {
      bench.change();
      await settled();
    }
    while (cursors(reader).at(-1) !== 20) await settled();
    expect(reader.received.length).toBeGreaterThan(5);
    expect(cursors(reader)).toEqual([...new Set(cursors(reader))].sort((a, b) => a - b));
  });

  it('misses nothing that is committed while a subscription opens', async () => {
    for (const ask of [
      {},
      { sessionId: 's1' },
      { after: cursorOf(1) },
      { sessionId: 's1', after: cursorOf(1) },
    ]) {
      const bench = createLiveBench();
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

  it('misses no row of the log that is committed while it opens', async () => {
    const bench = createLiveBench();
    for (let n = 0; n < 3; n++) bench.change();
    const reader = createReader();
    bench.fanout.join(bench.log(), reader.sink);
    for (let n = 0; n < 10; n++) {
      bench.change();
      await Promise.resolve();
    }
    await settled();
    await settled();
    expect(cursors(reader)).toEqual(Array.from({ length: 11 }, (_, n) => 3 + n));
  });

  it('misses nothing, and sends nothing of a replaced history, over a pub/sub that delivers later', async () => {
    const bench = createLiveBench({ hub: createLatePubSub({ log: createLogger({ level: 'silent' }) }) });
    for (let n = 0; n < 3; n++) bench.change();
    const reader = createReader();
    bench.fanout.join(bench.log(cursorOf(0)), reader.sink);
    for (let n = 0; n < 10; n++) {
      bench.change();
      if (n % 3 === 0) await Promise.resolve();
    }
    while (cursors(reader).at(-1) !== 13) await settled();
    expect(cursors(reader)).toEqual(Array.from({ length: 13 }, (_, n) => n + 1));
    bench.change();
    bench.putBack(1);
    bench.change();
    while (cursors(reader).at(-1) !== 2) await settled();
    expect(cursors(reader).slice(13)).toEqual([1, 2]);
    expect(reader.received.slice(13).map((message) => data(message).recovered)).toEqual([false, true]);
  });

  it('leaves nothing behind after 10,000 rounds of joining and leaving', async () => {
    const bench = createLiveBench();
    for (let n = 0; n < 10_000; n++) {
      const member = bench.fanout.join(bench.sessions({ sessionId: `s${n % 7}` }), createReader().sink);
      if (n % 2 === 0) await Promise.resolve();
      member.leave('completed');
      member.leave('completed');
    }
    await settled();
    expect([bench.fanout.size, bench.fanout.groups, bench.hub.size, bench.hub.topics]).toEqual([0, 0, 0, 0]);
  });
});
