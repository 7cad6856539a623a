import { describe, expect, it } from 'vitest';
import { createPreparedByShape } from '../../src/db/read/prepared-by-shape.ts';

/** A family whose statements are their own names, and how often one was made. */
function createFamily() {
  const statementFor = createPreparedByShape<{ readonly name: string | undefined }>('sessions');
  let made = 0;
  return {
    made: () => made,
    statement: (shape: string, isPlannedOnce = true) =>
      statementFor({ shape, isPlannedOnce }, (name) => {
        made += 1;
        return { name };
      }),
  };
}

describe('statements prepared by their shape', () => {
  it('are made once for each shape, under a name of their own', () => {
    const { made, statement } = createFamily();
    const [first, second] = [statement('a'), statement('b')];
    expect(statement('a')).toBe(first);
    expect(statement('b')).toBe(second);
    expect(made()).toBe(2);
    expect(first.name).toMatch(/^sessions_/);
    expect(second.name).toMatch(/^sessions_/);
    expect(second.name).not.toBe(first.name);
  });

  it('have no name where each of their values wants a plan of its own', () => {
    const { made, statement } = createFamily();
    expect(statement('a', false).name).toBeUndefined();
    expect(statement('a', false)).toBe(statement('a', false));
    expect(made()).toBe(1);
  });

  it('are neither named nor kept beyond 200 shapes; those before stay', () => {
    const { made, statement } = createFamily();
    const names = Array.from({ length: 200 }, (_, n) => statement(`shape ${n}`).name);
    expect(new Set(names).size).toBe(200);
    expect(statement('one more').name).toBeUndefined();
    expect(statement('one more')).not.toBe(statement('one more'));
    expect(made()).toBe(203);
    expect(statement('shape 199').name).toBe(names[199]);
    expect(made()).toBe(203);
  });
});
