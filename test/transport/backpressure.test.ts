import { describe, expect, it } from 'vitest';
import { Backpressure, HIGH_WATER_BYTES } from '../../src/transport/backpressure.ts';

/** An output of which the test says how much is unsent, and when it was emptied. */
function slowReader() {
  const listeners: (() => void)[] = [];
  const output = {
    writableLength: 0,
    once: (_event: 'drain', listener: () => void) => listeners.push(listener),
  };
  let drains = 0;
  const backpressure = new Backpressure(output, {
    drained() {
      drains += 1;
    },
  });
  return {
    backpressure,
    fill: (bytes: number) => {
      output.writableLength = bytes;
    },
    empty: () => {
      output.writableLength = 0;
      for (const listener of listeners.splice(0)) listener();
    },
    drains: () => drains,
  };
}

describe('backpressure', () => {
  it('lets a connection write below the high-water mark only', () => {
    const { backpressure, fill } = slowReader();
    expect(backpressure.hasRoom()).toBe(true);
    fill(HIGH_WATER_BYTES - 1);
    expect(backpressure.hasRoom()).toBe(true);
    fill(HIGH_WATER_BYTES);
    expect(backpressure.hasRoom()).toBe(false);
  });

  it('calls once when there is room again, however often it was asked, and each time it was full', () => {
    const { backpressure, fill, empty, drains } = slowReader();
    for (const times of [1, 2, 3]) {
      fill(HIGH_WATER_BYTES);
      for (let n = 0; n < 10; n += 1) backpressure.hasRoom();
      expect(drains()).toBe(times - 1);
      empty();
      expect(drains()).toBe(times);
      expect(backpressure.hasRoom()).toBe(true);
    }
    empty();
    expect(drains()).toBe(3);
  });

  it('is exceeded by more than a MiB that was not read', () => {
    const { backpressure, fill } = slowReader();
    fill(1024 * 1024);
    expect(backpressure.isExceeded()).toBe(false);
    fill(1024 * 1024 + 1);
    expect(backpressure.isExceeded()).toBe(true);
  });
});
