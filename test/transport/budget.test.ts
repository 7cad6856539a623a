import { describe, expect, it } from 'vitest';
import { CallboardError } from '../../src/errors.ts';
import { Budget, FIELDS_PER_TURN } from '../../src/transport/engine/budget.ts';
import { createTurns } from '../../src/transport/engine/turns.ts';

const FIELD = { parentType: { name: 'Session' }, fieldName: 'stages' };
const FREE = { fields: 0, bytes: 0 };

function budgetOf(limits: { fields?: number; responseBytes?: number } = {}) {
  const turns = createTurns(FIELDS_PER_TURN);
  const budget = new Budget({ fields: 1_000_000, responseBytes: 1_000_000, ...limits }, turns);
  const aborts: CallboardError[] = [];
  budget.onAbort = (reason) => aborts.push(reason);
  return { budget, aborts };
}

/** Whether it settles within a few turns of the event loop. */
async function settles(value: unknown): Promise<boolean> {
  let settled = false;
  void Promise.resolve(value).then(() => {
    settled = true;
  });
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe('the budget of an execution', () => {
  it('gives back at once what it has room for in this turn, and later what it has not', async () => {
    const { budget } = budgetOf();
    const [first, second] = [{ n: 1 }, { n: 2 }];
    expect(budget.admit(first, { fields: FIELDS_PER_TURN, bytes: 0 }, FIELD)).toBe(first);
    const later = budget.admit(second, { fields: 1, bytes: 0 }, FIELD);
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toBe(second);
  });

  it('admits exactly as many fields as are allowed; one more ends it with what was found and where', async () => {
    const { budget, aborts } = budgetOf({ fields: 10 });
    budget.admit({}, { fields: 10, bytes: 0 }, FIELD);
    expect(budget.aborted).toBe(false);
    const refused = budget.admit({}, { fields: 1, bytes: 0 }, FIELD);
    expect(refused).toBe(budget.never);
    expect(await settles(refused)).toBe(false);
    expect(budget.reason).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/at least 11 fields, counted up to Session\.stages; at most 10 are/),
    });
    expect(aborts).toEqual([budget.reason]);
  });

  it('charges a list for all of its items before any is expanded', () => {
    const { budget } = budgetOf({ fields: 299 });
    expect(budget.admitList(Array(100).fill({}), { fields: 3, bytes: 0 }, FIELD)).toBe(budget.never);
    expect(budget.aborted).toBe(true);
  });

  it('charges a list of leaves one field an item, and the bytes of each', () => {
    const few = budgetOf({ fields: 99 }).budget;
    few.admitList(Array(100).fill(1), FREE, FIELD);
    expect(few.reason?.message).toContain('at least 100 fields');
    const { budget } = budgetOf({ responseBytes: 399 });
    budget.admitList(Array(100).fill(1), { fields: 1, bytes: 4 }, FIELD);
    expect(budget.reason?.message).toContain('at least 400 bytes');
  });

  it('expands a long list in portions, whose items come in their order', async () => {
    const { budget } = budgetOf();
    const list = Array.from({ length: FIELDS_PER_TURN + 1 }, (_, n) => n);
    const items = budget.admitList(list, { fields: 2, bytes: 0 }, FIELD);
    if (!Array.isArray(items)) throw new Error('not expanded');
    expect(items[0]).toBeInstanceOf(Promise);
    expect(await Promise.all(items)).toEqual(list);
  });

  it('counts texts by their length, long ones and lists as they are written', () => {
    const { budget } = budgetOf({ responseBytes: 1_000 });
    expect(budget.admitText('a'.repeat(400), FIELD)).toBe(true);
    expect(budget.admitText(['a'.repeat(396)], FIELD)).toBe(true);
    expect(budget.admitText('a'.repeat(200), FIELD)).toBe(true);
    expect(budget.admitText(7, FIELD)).toBe(true);
    expect(budget.admitText('a', FIELD)).toBe(false);
    expect(budget.reason?.message).toContain('at least 1001 bytes');

    const umlauts = budgetOf({ responseBytes: 4_001 }).budget;
    expect(umlauts.admitText('ä'.repeat(2_000), FIELD)).toBe(false);
  });

  it('that is over admits nothing, and resumes nothing that waited', async () => {
    const { budget, aborts } = budgetOf();
    budget.admit({}, { fields: FIELDS_PER_TURN, bytes: 0 }, FIELD);
    const waiting = budget.admit({}, { fields: 1, bytes: 0 }, FIELD);
    const reason = new CallboardError('UNAVAILABLE', 'over');
    budget.abort(reason);
    budget.abort(new CallboardError('UNAVAILABLE', 'once more'));
    expect(aborts).toEqual([reason]);
    expect(budget.reason).toBe(reason);
    expect(await settles(waiting)).toBe(false);
    expect(budget.admit({}, FREE, FIELD)).toBe(budget.never);
    expect(budget.admitText('', FIELD)).toBe(false);
  });
});
