import { describe, expect, it } from 'vitest';
import { operator } from '../support/builders/viewers.ts';
import { createLiveBench, cursorOf, settled } from './live-bench.ts';

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

  it('follows the journal from a cursor on without a gap, however much is published before it is read', async () => {
    const bench = createLiveBench();
    for (let n = 0; n < 5; n++) bench.change();
    const source = bench.live.callbackRecorded({ viewer: operator, cursors: [cursorOf(2)] });
    const positions: (number | undefined)[] = [];
    for await (const { callback } of source) {
      positions.push(callback?.position);
      if (positions.length === 1) for (let n = 0; n < 3_000; n++) bench.change();
      if (callback?.position === 3_005) break;
    }
    expect(positions).toEqual(Array.from({ length: 3_003 }, (_, n) => n + 3));
    expect(bench.hub.size).toBe(0);
  });

  it('goes on at the newest row, and says so, where a cursor lies below the highest deleted row', async () => {
    const bench = createLiveBench();
    for (let n = 0; n < 5; n++) bench.change();
    bench.store.lowest = 3;
    const messages = bench.live
      .callbackRecorded({ viewer: operator, cursors: [cursorOf(2)] })
      [Symbol.asyncIterator]();
    const next = async () => (await messages.next()).value;
    expect(await next()).toMatchObject({ cursor: cursorOf(5), recovered: false, callback: null });
    bench.change();
    expect(await next()).toMatchObject({ recovered: true, callback: { position: 6 } });
    await messages.return?.();
  });

  it('rejects when a message is asked for and the store has failed, and has ended then', async () => {
    const bench = createLiveBench();
    for (let n = 0; n < 5; n++) bench.change();
    const iterator = bench.live
      .callbackRecorded({ viewer: operator, cursors: [cursorOf(0)] })
      [Symbol.asyncIterator]();
    await iterator.next();
    // The next read begins before its messages are asked for: its rejection must not end the process.
    bench.store.fails = true;
    await iterator.next();
    await iterator.next();
    await settled();
    await iterator.next();
    await expect(iterator.next()).rejects.toThrow('the store is away');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(bench.hub.size).toBe(0);
  });
});
