import { describe, expect, it } from 'vitest';
import { createBatchLoader } from '../../src/db/read/batch-loader.ts';
import { createReadQueue } from '../../src/db/read/read-queue.ts';
import type { Cancellation } from '../../src/domain/cancellation.ts';

/** A loader that answers each key with its upper case, and keeps what each statement carried. */
function recordingLoader(options: { limit?: number; queue?: ReturnType<typeof createReadQueue> } = {}) {
  const statements: (readonly string[])[] = [];
  const load = createBatchLoader<string, string>({
    ...options,
    nameOf: (key) => key,
    load: async (keys) => {
      statements.push(keys);
      return keys.map((key) => key.toUpperCase());
    },
  });
  return { load, statements };
}

const failing = (load: (keys: readonly string[]) => Promise<readonly string[]>) =>
  createBatchLoader<string, string>({ nameOf: (key) => key, load });

describe('a batch loader', () => {
  it('sends the keys of one turn as one statement, in their order, and gives each its answer', async () => {
    const { load, statements } = recordingLoader();
    expect(await Promise.all([load('b'), load('a'), load('c')])).toEqual(['B', 'A', 'C']);
    expect(statements).toEqual([['b', 'a', 'c']]);
  });

  it('shares one answer among keys of one name within a turn, and keeps nothing for the next', async () => {
    const { load, statements } = recordingLoader();
    const [first, second] = [load('a'), load('a')];
    expect(second).toBe(first);
    expect(await first).toBe('A');
    expect(await load('a')).toBe('A');
    expect(statements).toEqual([['a'], ['a']]);
  });

  it('begins another statement where one has as many keys as it may carry', async () => {
    const { load, statements } = recordingLoader({ limit: 2 });
    expect(await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => load(key)))).toHaveLength(5);
    expect(statements).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('takes no key into a statement that was sent before it was asked for', async () => {
    let answer = (): void => {};
    const asked: (readonly string[])[] = [];
    const load = failing((keys) => {
      asked.push(keys);
      return new Promise((resolve) => {
        answer = () => resolve(keys);
      });
    });
    const before = load('a');
    await new Promise((resolve) => setImmediate(resolve));
    const after = load('a');
    expect(after).not.toBe(before);
    answer();
    await before;
    await new Promise((resolve) => setImmediate(resolve));
    answer();
    await after;
    expect(asked).toEqual([['a'], ['a']]);
  });

  it('rejects every key of a statement that fails, with its error', async () => {
    const load = failing(async () => {
      throw new Error('the store is away');
    });
    const settled = await Promise.allSettled([load('a'), load('b')]);
    expect(settled.map((result) => result.status === 'rejected' && result.reason.message)).toEqual([
      'the store is away',
      'the store is away',
    ]);
  });

  it('rejects a key that the statement gave no answer for, and resolves the others', async () => {
    const load = failing(async (keys) => keys.slice(0, 1));
    const settled = await Promise.allSettled([load('a'), load('b')]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('leaves out a key that all who asked for it gave up, and rejects it with their reason', async () => {
    const { load, statements } = recordingLoader();
    const cancellation = cancelled(new Error('too late'));
    const gone = load('gone', cancellation);
    load('wanted by one', cancellation).catch(() => {});
    const still = load('wanted by one');
    await expect(gone).rejects.toThrow('too late');
    expect(await still).toBe('WANTED BY ONE');
    expect(statements).toEqual([['wanted by one']]);
  });

  it('looks whether a key is wanted when its turn at the store has come', async () => {
    const queue = createReadQueue();
    const { load, statements } = recordingLoader({ queue });
    let end = (): void => {};
    const busy = queue(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const cancellation = { aborted: false, reason: new Error('too late') };
    const waiting = load('a', cancellation);
    await new Promise((resolve) => setImmediate(resolve));
    cancellation.aborted = true;
    end();
    await busy;
    await expect(waiting).rejects.toThrow('too late');
    expect(statements).toEqual([]);
  });
});

const cancelled = (reason: Error): Cancellation => ({ aborted: true, reason });
