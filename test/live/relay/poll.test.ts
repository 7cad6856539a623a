import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPoll } from '../../../src/live/relay/poll.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A poll every second, and what it asked and reported. */
function polling() {
  const state = { fails: false, isBusy: false, asked: 0 };
  const reports: unknown[] = [];
  const poll = createPoll({
    everyMs: 1_000,
    async ask() {
      state.asked += 1;
      if (state.fails) throw new Error('away');
    },
    isBusy: () => state.isBusy,
    onLost: (err) => reports.push(err instanceof Error ? err.message : err),
    onReached: (afterMs) => reports.push(afterMs),
  });
  return { state, reports, poll };
}

it('a poll reports once that the store stopped answering, and once that it answers again, and when', async () => {
  const { state, reports } = polling();
  await vi.advanceTimersByTimeAsync(2_000);
  state.fails = true;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(reports).toEqual(['away']);
  state.fails = false;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(reports).toEqual(['away', 3_000]);
  state.fails = true;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(reports).toEqual(['away', 3_000, 'away']);
});

it('a poll leaves out the turns in which something else asks', async () => {
  const { state } = polling();
  state.isBusy = true;
  await vi.advanceTimersByTimeAsync(2_000);
  state.isBusy = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(state.asked).toBe(1);
});

it('a poll that was closed asks nothing more, and reports no failure of what it asked last', async () => {
  const { state, reports, poll } = polling();
  state.fails = true;
  vi.advanceTimersByTime(1_000);
  poll.close();
  await vi.advanceTimersByTimeAsync(5_000);
  expect([state.asked, reports]).toEqual([1, []]);
});
