import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createThrottle } from '../../../src/live/relay/throttle.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('a throttle works at once, and once more at the end of the pause however often it was called', () => {
  const ranAt: number[] = [];
  const began = Date.now();
  const throttle = createThrottle(100, () => ranAt.push(Date.now() - began));
  throttle.call();
  for (let n = 0; n < 9; n += 1) {
    vi.advanceTimersByTime(10);
    throttle.call();
  }
  expect(ranAt).toEqual([0]);
  vi.advanceTimersByTime(1_000);
  expect(ranAt).toEqual([0, 100]);
  throttle.call();
  expect(ranAt).toEqual([0, 100, 1_090]);
});

it('a throttle that was cancelled leaves out the call that waited, and holds no timer', () => {
  let runs = 0;
  const throttle = createThrottle(100, () => {
    runs += 1;
  });
  throttle.call();
  throttle.call();
  throttle.cancel();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(runs).toBe(1);
});

it('a call from within the work is the call that waits', () => {
  const ranAt: number[] = [];
  const began = Date.now();
  const throttle = createThrottle(100, () => {
    ranAt.push(Date.now() - began);
    if (ranAt.length < 3) throttle.call();
  });
  throttle.call();
  vi.advanceTimersByTime(1_000);
  expect(ranAt).toEqual([0, 100, 200]);
});
