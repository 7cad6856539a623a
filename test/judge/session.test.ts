import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SimulationOptions } from './options.ts';
import { createSessions } from './session.ts';

/** Everything that arrives: when, and byte for byte. */
function digest(seed: number, count: number, options?: Partial<SimulationOptions>): string {
  const hash = createHash('sha256');
  for (const session of createSessions(seed, count, options)) {
    for (const sending of session.sendings) {
      hash.update(`${sending.at} ${sending.isLost} `).update(session.bodyOf(sending.report));
    }
  }
  return hash.digest('hex');
}

describe('the sessions of a seed', () => {
  it('are the same bytes at the same times, always', () => {
    expect(digest(5, 200)).toBe(digest(5, 200));
    expect(digest(5, 200)).not.toBe(digest(6, 200));
  });

  it('are the same however many there are', () => {
    const many = createSessions(5, 100).slice(0, 30);
    expect(many.map(({ sendings }) => sendings)).toEqual(
      createSessions(5, 30).map(({ sendings }) => sendings),
    );
  });

  it('happen the same whatever becomes of their deliveries', () => {
    const calm = createSessions(5, 300, { loss: 0, duplicates: 0, reordering: 0 });
    const rough = createSessions(5, 300, { loss: 0.2, duplicates: 0.5, reordering: 0.5 });
    expect(rough.map(({ runs }) => runs)).toEqual(calm.map(({ runs }) => runs));
  });

  it('come to the same end whatever the pauses are and whether or not progress is reported', () => {
    const ends = (options: Partial<SimulationOptions>) =>
      createSessions(5, 300, options).map(({ truth: { endedAt, ...truth } }) => truth);
    expect(ends({ pauses: 'slow' })).toEqual(ends({}));
    expect(ends({ reportedProgress: true })).toEqual(ends({}));
  });

  it('lose with more loss the same deliveries and some more', () => {
    const lost = (loss: number) =>
      createSessions(5, 300, { loss }).flatMap(({ sendings }) => sendings.map((sending) => sending.isLost));
    const less = lost(0.05);
    const more = lost(0.2);
    expect(less.filter((isLost, place) => isLost && !more[place])).toEqual([]);
    expect(more.filter(Boolean).length).toBeGreaterThan(2 * less.filter(Boolean).length);
  });

  it('have runs in a true order, none of which begins before the one before is over', () => {
    for (const { runs } of createSessions(5, 1_000)) {
      const reports = runs.flatMap((run) => run.reports);
      expect(reports.map((report) => report.order)).toEqual(reports.map((_, order) => order));
      expect(reports.map((report) => report.at)).toEqual(
        reports.map((report) => report.at).toSorted((a, b) => a - b),
      );
    }
  });

  it.each([
    [{ loss: 1.5 }],
    [{ failures: 0.6, partials: 0.6 }],
    [{ delay: [5, 1] as const }],
    [{ duplicates: Number.NaN }],
  ])('are refused with the options %j', (options) => {
    expect(() => createSessions(1, 1, options)).toThrow(RangeError);
  });
});
