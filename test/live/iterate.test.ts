import { describe, expect, it } from 'vitest';
import { operator } from '../support/builders/viewers.ts';
import { createLiveBench, cursorOf } from './live-bench.ts';

describe('a subscription that is iterated', () => {
  it('is iterated without a fan-out as well, and ends at once when its reader goes', async () => {
    const bench = createLiveBench();
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

  it('says so where the store was put back', async () => {
    const bench = createLiveBench();
    for (let n = 0; n < 3; n++) bench.change();
    const messages = bench.live
      .callbackRecorded({ viewer: operator, cursors: [cursorOf(2)] })
      [Symbol.asyncIterator]();
    const next = async () => (await messages.next()).value;
    expect(await next()).toMatchObject({ callback: { position: 3 } });
    bench.change();
    bench.putBack(1);
    expect(await next()).toMatchObject({ recovered: false, callback: null });
    bench.change();
    expect(await next()).toMatchObject({ recovered: true, callback: { position: 2 } });
    await messages.return?.();
  });
});
