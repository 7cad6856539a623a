import { describe, expect, it } from 'vitest';
import { createReadQueue, readThrough, unqueued } from '../../src/db/read/read-queue.ts';

/** Reads that end when the test says so. */
function createReads() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const read = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve) => {
      ends.set(name, () => resolve(name));
    });
  };
  return { begun, read, end: (name: string) => ends.get(name)?.() };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('a read queue', () => {
  it('runs one read after the other, in their order', async () => {
    const queue = createReadQueue();
    const { begun, read, end } = createReads();
    const all = [queue(read('a')), queue(read('b')), queue(read('c'))];
    expect(begun).toEqual(['a']);
    end('a');
    await nextTurn();
    await nextTurn();
    expect(begun).toEqual(['a', 'b']);
    end('b');
    await nextTurn();
    await nextTurn();
    end('c');
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
  });

  it('gives timers and sockets a turn between two reads', async () => {
    const queue = createReadQueue();
    const order: string[] = [];
    const all = ['a', 'b'].map((name) => queue(async () => void order.push(name)));
    setImmediate(() => order.push('a turn'));
    await Promise.all(all);
    expect(order).toEqual(['a', 'a turn', 'b']);
  });

  it('goes on after a read that failed', async () => {
    const queue = createReadQueue();
    const failed = queue(async () => Promise.reject(new Error('no')));
    const next = queue(async () => 'next');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('next');
    expect(await queue(async () => 'later')).toBe('later');
  });

  it('leaves a read unread that was given up before its turn, and rejects it with the reason', async () => {
    const queue = createReadQueue();
    const { begun, read, end } = createReads();
    const cancellation = { aborted: false, reason: new Error('too late') };
    const first = readThrough(queue, cancellation, read('first'));
    const second = readThrough(queue, cancellation, read('second'));
    cancellation.aborted = true;
    end('first');
    expect(await first).toBe('first');
    await expect(second).rejects.toThrow('too late');
    expect(begun).toEqual(['first']);
  });
});

it('without a queue every read begins at once', async () => {
  const { begun, read, end } = createReads();
  const all = [unqueued(read('a')), unqueued(read('b'))];
  expect(begun).toEqual(['a', 'b']);
  for (const name of begun) end(name);
  expect(await Promise.all(all)).toEqual(['a', 'b']);
});
