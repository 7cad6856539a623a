import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLaggingMembers, type LaggingMember } from '../../src/live/fanout/lagging.ts';

const SLOW_AFTER_MS = 10_000;

/** A member for which something waits until the test lets its sink take it. */
function createMember() {
  const member = {
    isLagging: true,
    movedAt: 0,
    drained: 0,
    endedAt: null as number | null,
  };
  const lagging: LaggingMember = {
    get isLagging() {
      return member.isLagging;
    },
    get movedAt() {
      return member.movedAt;
    },
    set movedAt(at) {
      member.movedAt = at;
    },
    drained() {
      member.drained += 1;
    },
    endAsSlow() {
      member.isLagging = false;
      member.endedAt = performance.now();
    },
  };
  return Object.assign(member, { lagging });
}

describe('members that are behind', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are offered to their sinks 20 times a second, by one timer for all, only while some are behind', () => {
    const members = createLaggingMembers(SLOW_AFTER_MS);
    const [one, other] = [createMember(), createMember()];
    expect(vi.getTimerCount()).toBe(0);
    members.track(one.lagging);
    members.track(one.lagging);
    members.track(other.lagging);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect([one.drained, other.drained]).toEqual([20, 20]);
    one.isLagging = false;
    vi.advanceTimersByTime(1_000);
    expect([one.drained, other.drained]).toEqual([21, 40]);
    members.forget(other.lagging);
    vi.advanceTimersByTime(1_000);
    expect([other.drained, vi.getTimerCount()]).toEqual([40, 0]);
    members.track(other.lagging);
    vi.advanceTimersByTime(50);
    expect(other.drained).toBe(41);
  });

  it('are ended when nothing could be sent to them for 10 s, and not before', () => {
    const members = createLaggingMembers(SLOW_AFTER_MS);
    const [stalled, moving] = [createMember(), createMember()];
    vi.advanceTimersByTime(60_000);
    const began = performance.now();
    members.track(stalled.lagging);
    members.track(moving.lagging);
    for (let seconds = 0; seconds < 30; seconds += 9) {
      vi.advanceTimersByTime(9_000);
      moving.movedAt = performance.now();
    }
    expect((stalled.endedAt ?? 0) - began).toBe(SLOW_AFTER_MS);
    expect(moving.endedAt).toBeNull();
  });

  it('are forgotten once all is closed', () => {
    const members = createLaggingMembers(SLOW_AFTER_MS);
    const member = createMember();
    members.track(member.lagging);
    members.close();
    vi.advanceTimersByTime(60_000);
    expect([member.drained, member.endedAt, vi.getTimerCount()]).toEqual([0, null, 0]);
  });
});
