import { eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Page } from '../../src/db/read/page.ts';
import { createReads, type Reads } from '../../src/db/read/reads.ts';
import { sessions } from '../../src/db/schema.ts';
import { createStatesInMemory } from '../../src/db/tables/state-memory.ts';
import type { SessionFilter } from '../../src/domain/session/filter.ts';
import { sessionRow } from '../support/builders/session-row.ts';
import { sessionOf } from '../support/builders/states.ts';
import { operator, person } from '../support/builders/viewers.ts';
import { type CountedStore, openCountedStore } from '../support/stores/counted-store.ts';
import { eachStore } from '../support/stores/stores.ts';

const SERVER = 'a server';
const ALL: Page<SessionFilter, 'CREATED_AT'> = {
  filter: null,
  orderBy: { field: 'CREATED_AT', direction: 'DESC' },
  count: 50,
  from: 'start',
  after: null,
  before: null,
};

describe('the memory of states', () => {
  const account = {
    accountNumber: 'BE1',
    accountType: null,
    accountRelation: [],
    manualAccountRelation: null,
  };
  const state = (sessionId: string, accounts = 0) => {
    const [one] = sessionOf({ accounts: [account] }).accounts;
    return sessionOf({ sessionId }, { accounts: Array.from({ length: accounts }).flatMap(() => one ?? []) });
  };

  it('gives a state only for the stamp that its row has, and the same object each time', () => {
    const memory = createStatesInMemory().sessions;
    const first = memory.keep(SERVER, 's1', '10', state('s1'));
    expect(memory.find(SERVER, 's1', '10')).toBe(first);
    expect(memory.keep(SERVER, 's1', '10', state('s1'))).toBe(first);
    expect(memory.find(SERVER, 's1', '11')).toBeUndefined();
    expect(memory.find(SERVER, 's2', '10')).toBeUndefined();
  });

  it('gives nothing of one server for a row of another, which counts its transactions alike', () => {
    const memory = createStatesInMemory().sessions;
    memory.keep(SERVER, 's1', '10', state('s1'));
    expect(memory.find('its restored copy', 's1', '10')).toBeUndefined();
    expect(memory.find(SERVER, 's1', '10')).toBeUndefined();
  });

  it('keeps nothing that the recorder wrote on a server other than the one that is read', () => {
    const memory = createStatesInMemory().sessions;
    memory.find(SERVER, 's1', '10');
    memory.keep('another', 's1', '10', state('s1'));
    expect(memory.find(SERVER, 's1', '10')).toBeUndefined();
  });

  const kept = (heapBytes: number, count: number, accounts: number) => {
    const memory = createStatesInMemory(heapBytes).sessions;
    for (let n = 0; n < count; n += 1) memory.keep(SERVER, `s${n}`, '10', state(`s${n}`, accounts));
    let found = 0;
    for (let n = 0; n < count; n += 1) if (memory.find(SERVER, `s${n}`, '10') !== undefined) found += 1;
    return found;
  };

  it('is bounded: states with long lists take the place of many', () => {
    expect(kept(0, 25_000, 0)).toBe(20_000);
    expect(kept(0, 500, 990)).toBe(200);
  });

  it('holds more where the heap may grow larger: a twentieth of it', () => {
    expect(kept(1_500_000_000, 60_000, 0)).toBe(50_000);
    expect(kept(100_000_000, 25_000, 0)).toBe(20_000);
  });
});

eachStore('a read', (on) => {
  let store: CountedStore;
  let reads: Reads;
  beforeAll(async () => {
    store = await openCountedStore(on);
    await store.db
      .insert(sessions)
      .values(['anna', 'bert'].map((userId) => sessionRow(sessionOf({ sessionId: `of-${userId}`, userId }))));
    reads = createReads(store);
  });
  const find = (sessionId: string, viewer = operator) => reads.sessions.find({ id: sessionId }, { viewer });
  const list = async (viewer = operator) => (await reads.sessions.list(ALL, { viewer })).rows;

  it('sees at once what another process writes, whatever was read before', async () => {
    await list();
    for (const version of [5, 6]) {
      await store.db.update(sessions).set({ version }).where(eq(sessions.sessionId, 'of-anna'));
      expect((await find('of-anna'))?.version).toBe(version);
      expect((await list()).find(({ userId }) => userId === 'anna')?.version).toBe(version);
    }
  });

  it('sees the last of several writes of one transaction, and nothing of one that was rolled back', async () => {
    await store.db.transaction(async (tx) => {
      await tx.update(sessions).set({ version: 7 }).where(eq(sessions.sessionId, 'of-anna'));
      await tx.update(sessions).set({ version: 8 }).where(eq(sessions.sessionId, 'of-anna'));
    });
    expect((await find('of-anna'))?.version).toBe(8);
    const rolledBack = store.db.transaction(async (tx) => {
      await tx.update(sessions).set({ version: 9 }).where(eq(sessions.sessionId, 'of-anna'));
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    expect((await find('of-anna'))?.version).toBe(8);
  });

  it('finds nothing of another’s in memory that the other, or an operator, has just read', async () => {
    expect(await find('of-bert')).not.toBeNull();
    expect(await find('of-bert', person('bert'))).not.toBeNull();
    expect(await find('of-bert', person('anna'))).toBeNull();
    expect(await list()).toHaveLength(2);
    expect((await list(person('anna'))).map(({ userId }) => userId)).toEqual(['anna']);
    expect(await list(person('nobody'))).toEqual([]);
  });

  it('finds a session that was deleted no more, and the one that took its id as a new one', async () => {
    expect(await find('of-bert')).not.toBeNull();
    await store.db.delete(sessions).where(eq(sessions.sessionId, 'of-bert'));
    expect(await find('of-bert')).toBeNull();
    await store.db.insert(sessions).values(sessionRow(sessionOf({ sessionId: 'of-bert', userId: 'carl' })));
    expect((await find('of-bert'))?.userId).toBe('carl');
    expect(await find('of-bert', person('bert'))).toBeNull();
  });

  it('gives the same object while a row is frozen and stays as it is', async () => {
    const before = await find('of-anna');
    await store.db.execute(sql`vacuum freeze sessions`);
    expect(await find('of-anna')).toBe(before);
  });
});
