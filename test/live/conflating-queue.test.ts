import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConflatingQueue } from '../../src/live/conflating-queue.ts';

/** The queue in the plainest words: a list. */
function model(limit: number) {
  let waiting: { subject: string | null; value: number }[] = [];
  return {
    put(subject: string | null, value: number): boolean {
      if (subject !== null) waiting = waiting.filter((other) => other.subject !== subject);
      if (waiting.length >= limit) return false;
      waiting.push({ subject, value });
      return true;
    },
    take: () => waiting.shift()?.value,
  };
}

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ put: fc.constantFrom('a', 'b', 'c', 'd', null) }) },
    fc.constant({ take: true }),
  ),
  { maxLength: 60 },
);

describe('the conflating queue', () => {
  it('is a list in which the newest of a subject stands at the end', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 6 }), (all, limit) => {
        const queue = createConflatingQueue<number>(limit);
        const list = model(limit);
        for (const [value, step] of all.entries()) {
          if ('put' in step) expect(queue.put(step.put, value)).toBe(list.put(step.put, value));
          else expect(queue.take()).toBe(list.take());
        }
      }),
    );
  });

  it('gives values in rising order, whichever are conflated', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const queue = createConflatingQueue<number>(100);
        let last = -1;
        for (const [value, step] of all.entries()) {
          if ('put' in step) queue.put(step.put, value);
          else {
            const taken = queue.take();
            if (taken !== undefined) {
              expect(taken).toBeGreaterThan(last);
              last = taken;
            }
          }
        }
      }),
    );
  });
});
