import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPerViewerLimit } from '../../src/transport/per-viewer-limit.ts';
import { seeded } from '../support/builders/seed.ts';

describe('a limit per viewer', () => {
  it('refuses one more than allowed, and makes room when one goes', () => {
    const limit = createPerViewerLimit(2);
    expect([limit.add('anna'), limit.add('anna'), limit.add('anna')]).toEqual([true, true, false]);
    limit.remove('anna');
    expect([limit.add('anna'), limit.add('anna')]).toEqual([true, false]);
  });

  it('counts what was refused not at all', () => {
    const limit = createPerViewerLimit(1);
    limit.add('anna');
    for (let n = 0; n < 5; n += 1) expect(limit.add('anna')).toBe(false);
    limit.remove('anna');
    expect(limit.add('anna')).toBe(true);
  });

  it('counts each viewer for itself, and those without a user never', () => {
    const limit = createPerViewerLimit(1);
    expect([limit.add('anna'), limit.add('boris'), limit.add(null), limit.add(null)]).toEqual(
      Array.from({ length: 4 }, () => true),
    );
    limit.remove(null);
    expect(limit.add('boris')).toBe(false);
  });

  it('never lets a viewer have more than the limit, in any order of coming and going', () => {
    const steps = fc.array(fc.record({ user: fc.constantFrom('anna', 'boris'), comes: fc.boolean() }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), steps, (max, all) => {
        const limit = createPerViewerLimit(max);
        const counts = new Map<string, number>();
        for (const { user, comes } of all) {
          const count = counts.get(user) ?? 0;
          if (comes) {
            expect(limit.add(user)).toBe(count < max);
            counts.set(user, Math.min(max, count + 1));
          } else if (count > 0) {
            limit.remove(user);
            counts.set(user, count - 1);
          }
        }
      }),
      seeded(200),
    );
  });
});
