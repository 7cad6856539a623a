import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endGradually } from '../../src/transport/drain.ts';

describe('ending gradually', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const hundred = Array.from({ length: 100 }, (_, n) => n);

  /** When each was ended, in milliseconds after the beginning, and when all was over. */
  async function endAll(all: readonly number[], overMs: number) {
    const began = performance.now();
    const elapsed = () => performance.now() - began;
    const ended: { one: number; at: number }[] = [];
    let over: number | null = null;
    const done = endGradually(all, overMs, (one) => ended.push({ one, at: elapsed() })).then(() => {
      over = elapsed();
    });
    await vi.advanceTimersByTimeAsync(overMs + 1_000);
    await done;
    return { ended, over };
  }

  it('ends each once and in order, evenly spread, and is over within the time given', async () => {
    const { ended, over } = await endAll(hundred, 2_000);
    expect(ended.map(({ one }) => one)).toEqual(hundred);
    for (const { one, at } of ended) expect(Math.abs(at - one * 20)).toBeLessThanOrEqual(50);
    expect(over).toBeGreaterThan(1_900);
    expect(over).toBeLessThanOrEqual(2_000);
  });

  it('ends all at once where no time is given, and has nothing to wait for where there are none', async () => {
    expect((await endAll(hundred, 0)).ended.map(({ at }) => at)).toEqual(hundred.map(() => 0));
    expect(await endAll([], 2_000)).toEqual({ ended: [], over: 0 });
  });

  it('is over in time also where a step came late', async () => {
    let over: number | null = null;
    const began = performance.now();
    const ended: number[] = [];
    const done = endGradually(hundred, 1_000, (one) => {
      ended.push(one);
      // The process is busy with the first one.
      if (one === 0) vi.advanceTimersByTime(600);
    }).then(() => {
      over = performance.now() - began;
    });
    await vi.advanceTimersByTimeAsync(50);
    expect(ended.length).toBeGreaterThanOrEqual(65);
    await vi.advanceTimersByTimeAsync(1_000);
    await done;
    expect(ended).toEqual(hundred);
    expect(over).toBeLessThanOrEqual(1_000);
  });
});
