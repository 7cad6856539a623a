import { describe, expect, it } from 'vitest';
import { createTurns } from '../../src/transport/engine/turns.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Turns whose waiters write their names down when they are resumed. */
function recordingTurns(fieldsPerTurn: number) {
  const turns = createTurns(fieldsPerTurn);
  const resumed: string[] = [];
  const owners = new Map<string, object>();
  return {
    resumed,
    wait(name: string, fields: number) {
      const key = name.slice(0, 1);
      const owner = owners.get(key) ?? { key };
      owners.set(key, owner);
      return turns.wait(owner, fields).then(() => void resumed.push(name));
    },
  };
}

/** What was resumed in each turn, until all were. */
async function perTurn(resumed: readonly string[], all: number): Promise<string[][]> {
  const turns: string[][] = [];
  for (let seen = 0; seen < all; ) {
    await nextTurn();
    turns.push(resumed.slice(seen));
    seen = resumed.length;
    if (turns.length > 100) throw new Error('some were never resumed');
  }
  return turns;
}

describe('turns', () => {
  it('resume nobody in the turn in which they wait', async () => {
    const { resumed, wait } = recordingTurns(10);
    void wait('a', 1);
    await Promise.resolve();
    expect(resumed).toEqual([]);
    await nextTurn();
    expect(resumed).toEqual(['a']);
  });

  it('have room for so many fields, of all owners together', async () => {
    const { resumed, wait } = recordingTurns(10);
    for (const name of ['a', 'b', 'c', 'd', 'e']) void wait(name, 5);
    expect(await perTurn(resumed, 5)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('pass from owner to owner, so that one with many parts holds up no other', async () => {
    const { resumed, wait } = recordingTurns(10);
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1']) void wait(name, 10);
    expect(await perTurn(resumed, 5)).toEqual([['a1'], ['b1'], ['c1'], ['a2'], ['a3']]);
  });

  it('give one with more fields than there is room a turn alone', async () => {
    const { resumed, wait } = recordingTurns(10);
    for (const [name, fields] of [
      ['a', 1_000],
      ['b', 1],
      ['c', 1],
    ] as const)
      void wait(name, fields);
    expect(await perTurn(resumed, 3)).toEqual([['a'], ['b', 'c']]);
  });

  it('begin again after all have been resumed', async () => {
    const { resumed, wait } = recordingTurns(10);
    await wait('a1', 10);
    await wait('a2', 10);
    expect(resumed).toEqual(['a1', 'a2']);
  });
});
