import { describe, expect, it } from 'vitest';
import { createLiveBench, createReader, cursorOf, cursors, data, settled } from './live-bench.ts';

describe('a subscription whose store was put back', () => {
  it('sends each reader one SNAPSHOT that says so, and then what comes, from its position on', async () => {
    const bench = createLiveBench();
    for (const sessionId of ['a', 'b', 'c']) bench.change({ sessionId });
    const [one, all, log] = [createReader(), createReader(), createReader()];
    bench.fanout.join(bench.sessions({ sessionId: 'c' }), one.sink);
    bench.fanout.join(bench.sessions(), all.sink);
    bench.fanout.join(bench.log(), log.sink);
    await settled();
    bench.putBack(1);
    await settled();
    bench.change({ sessionId: 'c' });
    expect([one, all, log].map(cursors)).toEqual([
      [3, 1, 2],
      [3, 1, 2],
      [3, 1, 2],
    ]);
    for (const reader of [one, all, log]) {
      expect(reader.received.map((message) => data(message).recovered)).toEqual([true, false, true]);
    }
    expect(one.received.map((message) => data(message).state?.position ?? null)).toEqual([3, null, 2]);
  });

  it('sends nothing of the old history to a reader that is behind, awaits an execution or is opening', async () => {
    const bench = createLiveBench();
    bench.change();
    const [lagging, executing, opening] = [createReader(), createReader(), createReader()];
    const lag = bench.fanout.join(bench.sessions({ sessionId: 's1' }), lagging.sink);
    await settled();
    lagging.open = false;
    bench.change();
    const late: (() => void)[] = [];
    bench.fanout.join(bench.sessions(), executing.sink);
    await settled();
    bench.setRun(
      (message) => new Promise((resolve) => late.push(() => resolve(JSON.stringify({ data: message })))),
    );
    bench.change();
    bench.setRun((message) => JSON.stringify({ data: message }));
    bench.fanout.join(bench.sessions({ after: cursorOf(3) }), opening.sink);
    bench.putBack(1);
    for (const answer of late) answer();
    lagging.open = true;
    lag.drained();
    await settled();
    bench.change();
    expect([lagging, executing, opening].map(cursors)).toEqual([
      [1, 1, 2],
      [2, 1, 2],
      [1, 2],
    ]);
  });

  it('follows the session that was created last by then', async () => {
    const bench = createLiveBench();
    bench.change({ sessionId: 'old', externalId: 'e1', createdAt: 10 });
    bench.change({ sessionId: 'new', externalId: 'e1', createdAt: 20 });
    const reader = createReader();
    bench.fanout.join(bench.sessions({ externalId: 'e1' }), reader.sink);
    await settled();
    bench.putBack(1);
    await settled();
    bench.change({ sessionId: 'old', externalId: 'e1', createdAt: 10 });
    expect(reader.received.map((message) => data(message).state.sessionId)).toEqual(['new', 'old', 'old']);
  });

  it('reads once for all subscriptions of a group, and executes once', async () => {
    const bench = createLiveBench();
    bench.change();
    const readers = Array.from({ length: 50 }, createReader);
    for (const reader of readers) bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    const before = [bench.store.reads, bench.executed.length];
    bench.putBack(0);
    await settled();
    expect(readers.every(({ received }) => received.length === 2)).toBe(true);
    expect([bench.store.reads, bench.executed.length]).toEqual(before.map((n) => n + 1));
  });
});
