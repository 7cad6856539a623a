import { describe, expect, test } from 'vitest';
import { createFailureLimiter } from '../../src/callbacks/authenticate/failure-limiter.ts';

function limiterAt(start: number, options = {}) {
  const clock = { at: start };
  const limiter = createFailureLimiter({ now: () => clock.at, ...options });
  const failTimes = (address: string, times: number) =>
    Array.from({ length: times }, () => limiter.failed(address)).at(-1);
  return { clock, failTimes };
}

describe('an address that keeps failing', () => {
  test('is answered with a time to wait from its 11th failure within a minute, until that minute is over', () => {
    const { clock, failTimes } = limiterAt(1_000_000);
    expect(failTimes('192.0.2.1', 10)).toBeNull();
    expect(failTimes('192.0.2.1', 1)).toBe(60);
    clock.at += 59_001;
    expect(failTimes('192.0.2.1', 1)).toBe(1);
    clock.at += 998;
    expect(failTimes('192.0.2.1', 1)).toBe(1);
    clock.at += 1;
    expect(failTimes('192.0.2.1', 10)).toBeNull();
    expect(failTimes('192.0.2.1', 1)).toBe(60);
  });

  test('does not count against another', () => {
    const { failTimes } = limiterAt(0);
    expect(failTimes('192.0.2.1', 50)).toBe(60);
    expect(failTimes('192.0.2.2', 10)).toBeNull();
  });

  test('is forgotten, oldest first, when there are too many to remember', () => {
    const { clock, failTimes } = limiterAt(0, { maxAddresses: 2 });
    failTimes('a', 11);
    clock.at += 1;
    failTimes('b', 11);
    clock.at += 1;
    failTimes('c', 1);
    expect(failTimes('b', 1)).toBe(60);
    expect(failTimes('a', 1)).toBeNull();
    expect(failTimes('c', 10)).toBe(60);
    expect(failTimes('b', 1)).toBeNull();
  });
});
