import { describe, expect, it } from 'vitest';
import { createLiveBench, createReader, cursors, data, settled } from './live-bench.ts';

describe('a reader that is behind', () => {
  it('sends a reader that lagged the newest of each session, in the order of their last change', async () => {
    const bench = createLiveBench();
    const reader = createReader();
    const member = bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    reader.open = false;
    for (const sessionId of ['a', 'b', 'c', 'a', 'b', 'a']) bench.change({ sessionId });
    reader.open = true;
    member.drained();
    expect(reader.received.slice(1).map((message) => data(message).state.sessionId)).toEqual(['c', 'b', 'a']);
    expect(cursors(reader)).toEqual([0, 3, 5, 6]);
  });

  it('sends the log row by row to a reader that lagged, also beyond what may wait', async () => {
    const bench = createLiveBench({ queueLimit: 5 });
    const reader = createReader();
    const member = bench.fanout.join(bench.log(), reader.sink);
    await settled();
    reader.open = false;
    for (let n = 0; n < 23; n++) bench.change();
    reader.open = true;
    member.drained();
    while (reader.received.length < 24) await settled();
    bench.change();
    expect(cursors(reader)).toEqual(Array.from({ length: 25 }, (_, n) => n));
  });

  it('reads the newest again when more sessions change than may wait', async () => {
    const bench = createLiveBench({ queueLimit: 5 });
    const reader = createReader();
    const member = bench.fanout.join(bench.sessions(), reader.sink);
    await settled();
    reader.open = false;
    for (let n = 0; n < 40; n++) bench.change({ sessionId: `s${n % 20}` });
    reader.open = true;
    member.drained();
    while (reader.received.length < 21) await settled();
    expect(cursors(reader)).toEqual([0, ...Array.from({ length: 20 }, (_, n) => 21 + n)]);
  });

  it('ends the connection of a reader for which nothing moved, and of nobody else', async () => {
    const bench = createLiveBench({ slowAfterMs: 0 });
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
});
