import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHeartbeat, type Heartbeat } from '../../src/transport/heartbeat.ts';

const INTERVAL_MS = 12_000;
const TICK_MS = 500;

describe('the heartbeat', () => {
  let heartbeat: Heartbeat;
  beforeEach(() => {
    vi.useFakeTimers();
    heartbeat = createHeartbeat(INTERVAL_MS);
  });
  afterEach(() => {
    heartbeat.close();
    vi.useRealTimers();
  });

  /** A connection that notes when it is pinged, in milliseconds after it was added. */
  function added() {
    const began = performance.now();
    const pings: number[] = [];
    const connection = { ping: () => void pings.push(performance.now() - began) };
    heartbeat.add(connection);
    return { connection, pings };
  }

  it('pings each connection once an interval, at equal distances', () => {
    vi.advanceTimersByTime(700);
    const { pings } = added();
    vi.advanceTimersByTime(4 * INTERVAL_MS);
    expect(pings).toHaveLength(4);
    // The first comes at most a tick early, and never late: silence never lasts longer than the interval.
    expect(pings[0]).toBeGreaterThan(INTERVAL_MS - TICK_MS);
    expect(pings[0]).toBeLessThanOrEqual(INTERVAL_MS);
    for (const [n, at] of pings.entries()) expect(at - (pings[0] ?? 0)).toBe(n * INTERVAL_MS);
  });

  it('spreads the pings over the interval as the connections came', () => {
    const perTick = 10;
    const all = Array.from({ length: 24 }, () => {
      const those = Array.from({ length: perTick }, added);
      vi.advanceTimersByTime(TICK_MS);
      return those;
    }).flat();
    const pinged = () => all.reduce((sum, { pings }) => sum + pings.length, 0);
    for (let tick = 0; tick < 48; tick += 1) {
      const before = pinged();
      vi.advanceTimersByTime(TICK_MS);
      expect(pinged() - before).toBe(perTick);
    }
  });

  it('pings no more one that was deleted, also from within a ping', () => {
    const [first, second, third] = [added(), added(), added()];
    heartbeat.delete(first.connection);
    second.connection.ping = () => {
      heartbeat.delete(second.connection);
      heartbeat.delete(third.connection);
    };
    const fourth = added();
    vi.advanceTimersByTime(2 * INTERVAL_MS);
    expect([first, third, fourth].map(({ pings }) => pings.length)).toEqual([0, 0, 2]);
  });

  it('leaves no timer behind when it is closed', () => {
    added();
    heartbeat.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
