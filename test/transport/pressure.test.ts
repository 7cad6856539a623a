import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPressure, type Pressure } from '../../src/transport/engine/pressure.ts';

const recorder = { waiting: 0, waitedMs: 0 };
let pressure: Pressure;
/** For how long the event loop was blocked so far. */
let blockedMs: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  blockedMs = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + blockedMs);
  Object.assign(recorder, { waiting: 0, waitedMs: 0 });
  pressure = createPressure({ recorder });
});
afterEach(() => {
  pressure.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const seen = () => ({
  arriving: pressure.arriving,
  recording: pressure.recording,
  lagging: pressure.lagging,
  strained: pressure.strained,
});
const NONE = { arriving: false, recording: false, lagging: false, strained: false };

/** Nothing else runs for so long: the next look at the event loop comes that much too late. */
function block(ms: number): void {
  blockedMs += ms;
  vi.advanceTimersToNextTimer();
}

describe('the pressure of callbacks', () => {
  it('is none without callbacks, and runs no timer', () => {
    expect(seen()).toEqual(NONE);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is arriving for a second after the last callback; then its timer ends', () => {
    pressure.callbackArrived();
    expect(seen()).toEqual({ ...NONE, arriving: true });
    vi.advanceTimersByTime(900);
    pressure.callbackArrived();
    vi.advanceTimersByTime(900);
    expect(pressure.arriving).toBe(true);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(125);
    expect(seen()).toEqual(NONE);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is arriving and recording for as long as one waits for its commit', () => {
    pressure.callbackArrived();
    recorder.waiting = 1;
    vi.advanceTimersByTime(5_000);
    expect(seen()).toEqual({ ...NONE, arriving: true, recording: true });
    recorder.waiting = 0;
    vi.advanceTimersByTime(25);
    expect(seen()).toEqual(NONE);
  });

  it('is strained for a second after a callback waited for more than 250 ms', () => {
    pressure.callbackArrived();
    Object.assign(recorder, { waiting: 1, waitedMs: 250 });
    vi.advanceTimersByTime(25);
    expect(pressure.strained).toBe(false);
    recorder.waitedMs = 251;
    vi.advanceTimersByTime(25);
    expect(pressure.strained).toBe(true);
    recorder.waitedMs = 0;
    vi.advanceTimersByTime(975);
    expect(pressure.strained).toBe(true);
    vi.advanceTimersByTime(50);
    expect(pressure.strained).toBe(false);
  });

  it('is late where a check of the event loop comes 100 ms too late, until the next that is in time', () => {
    pressure.callbackArrived();
    vi.advanceTimersByTime(25);
    block(90);
    expect(seen()).toEqual({ ...NONE, arriving: true });
    block(110);
    expect(seen()).toEqual({ ...NONE, arriving: true, lagging: true, strained: true });
    block(0);
    expect(seen()).toEqual({ ...NONE, arriving: true, strained: true });
  });

  it('is none after it was closed', () => {
    pressure.callbackArrived();
    pressure.close();
    expect(seen()).toEqual(NONE);
    expect(vi.getTimerCount()).toBe(0);
  });
});
