import { sql } from 'drizzle-orm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { namesId } from '../../src/callbacks/parse/names-id.ts';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import { store as storeTable } from '../../src/db/schema.ts';
import type { Store } from '../../src/db/store.ts';
import { type Forgotten, forget } from '../../src/db/upkeep/forget.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { createRetention } from '../../src/db/upkeep/retention.ts';
import { createLogger } from '../../src/logger.ts';
import { body, bytes, fields } from '../support/builders/samples.ts';
import { everyRow, openRecording, type Recording } from '../support/stores/recording.ts';
import { eachStore } from '../support/stores/stores.ts';

const DAY_MS = 86_400_000;
const log = createLogger({ level: 'silent' });

/** One person's callbacks: a session with accounts, a payment, and one that cannot be applied. */
function callbacksOf(person: string) {
  const ids = {
    sessionId: `session-of-${person}`,
    userId: `user-${person}`,
    sessionExternalId: `ext-${person}`,
  };
  const account = { accountNumber: `ACCOUNT-${person}`, accountType: null, accountRelation: [] };
  return {
    status: body({ ...fields('session-status'), ...ids }),
    accounts: body({ ...fields('session-accounts'), ...ids, details: { accounts: [account] } }),
    payment: body({
      ...fields('payment'),
      paymentId: `payment-of-${person}`,
      paymentExternalId: `pay-ext-${person}`,
      user: { externalId: `user-${person}`, secondaryIdentifiers: {} },
    }),
    quarantined: body({ ...fields('session-status'), ...ids, stage: 'Nirvana' }),
    unreadable: bytes(`{"userId": "user-${person}", "sessionId": "session-of-${person}", "broken`),
    listed: body({ ...fields('session-status'), sessionId: 7, userId: ['x]', [`user-${person}`]], stage: 1 }),
    shadowed: bytes(`{"userId":"user-${person}","userId":"somebody","unknown":true}`),
    utf16: utf16le(`{"userId":"user-${person}"}`),
    utf16Marked: utf16le(`\uFEFF{"userId" : "user-${person}"}`),
    utf16Swapped: utf16le(`\uFEFF{"userId":["user-${person}"]}`).swap16(),
    utf16SwappedUnmarked: utf16le(`{"x":{"userId":"user-${person}"}}`).swap16(),
    escaped: bytes(`{"us\\u0065rId":"us\\u0065r-${person}","unknown":true}`),
  };
}

const utf16le = (text: string) => Buffer.from(text, 'utf16le');

async function marks(store: Store, person: string): Promise<boolean> {
  const rows = await everyRow(store);
  const text = JSON.stringify(rows, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('utf8').replaceAll('\0', '') : value,
  );
  return text.includes(person) || text.includes(`us\\\\u0065r-${person}`);
}

async function lowestOf({ db }: Store): Promise<number> {
  const [row] = await db.select().from(storeTable);
  return row?.lowest ?? -1;
}

eachStore('forget', (on) => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await openRecording(on);
  });
  beforeEach(async () => {
    const { db } = recording.store;
    for (const table of ['callbacks', 'sessions', 'payments', 'banks']) {
      await db.execute(sql.raw(`delete from ${table}`));
    }
    await db.update(storeTable).set({ lowest: 0 });
    for (const person of ['anna', 'boris']) {
      for (const one of Object.values(callbacksOf(person))) await recording.record(one);
    }
  });

  it('deletes all of a user and nothing of another, and the rest is still the fold of its journal', async () => {
    const { store } = recording;
    const { position } = (await store.db.select().from(storeTable))[0] ?? { position: -1 };
    expect(await marks(store, 'boris')).toBe(true);
    const before = (await everyRow(store)).callbacks.length;
    const erased = await forget(store, { kind: 'user', id: 'user-boris' }, namesId);
    expect(erased).toEqual({ sessions: 1, payments: 1, callbacks: 12 });
    expect(await marks(store, 'boris')).toBe(false);
    expect(await marks(store, 'anna')).toBe(true);
    expect((await everyRow(store)).callbacks.length).toBe(before - 12);
    expect(await lowestOf(store)).toBe(position);
    expect(await rebuild({ store, parse: parseCallback })).toMatchObject({
      sessions: 0,
      payments: 0,
    });
  });

  it.each<[Forgotten, object]>([
    [
      { kind: 'session', id: 'session-of-anna' },
      { sessions: 1, payments: 0, callbacks: 4 },
    ],
    [
      { kind: 'payment', id: 'payment-of-anna' },
      { sessions: 0, payments: 1, callbacks: 1 },
    ],
    [
      { kind: 'user', id: 'nobody' },
      { sessions: 0, payments: 0, callbacks: 0 },
    ],
    [
      { kind: 'user', id: 'user-ann' },
      { sessions: 0, payments: 0, callbacks: 0 },
    ],
    [
      { kind: 'session', id: "'; drop table callbacks; --" },
      { sessions: 0, payments: 0, callbacks: 0 },
    ],
  ])('deletes what %j names and no more', async (forgotten, erased) => {
    const { store } = recording;
    const before = (await everyRow(store)).callbacks.length;
    expect(await forget(store, forgotten, namesId)).toEqual(erased);
    const after = (await everyRow(store)).callbacks.length;
    expect(erased).toMatchObject({ callbacks: before - after });
  });

  it('leaves the lowest position where it was when nothing is deleted', async () => {
    await forget(recording.store, { kind: 'session', id: 'nobody' }, namesId);
    expect(await lowestOf(recording.store)).toBe(0);
  });

  it('takes a callback that comes again for a new one', async () => {
    const { store, record } = recording;
    await forget(store, { kind: 'session', id: 'session-of-anna' }, namesId);
    expect(await record(callbacksOf('anna').status)).toMatchObject({ outcome: 'recorded' });
    const [session] = (await everyRow(store)).sessions.filter(({ userId }) => userId === 'user-anna');
    expect(session).toMatchObject({ version: 1, accounts: [] });
  });

  describe('after RETENTION_DAYS', () => {
    const later = (days: number) => () => Date.now() + days * DAY_MS;
    const runAt = async (store: Store, now: () => number) => {
      const retention = createRetention({ store, days: 30, log, now });
      await retention.run();
      const more = await retention.run();
      await retention.close();
      expect(more).toEqual({ sessions: 0, payments: 0, callbacks: 0 });
    };

    it('deletes what is finished, whole, and keeps what is under way', async () => {
      const { store, record } = recording;
      await record(
        body({ ...fields('session-status'), sessionId: 'ended', userId: 'ended', status: 'Failed' }),
      );
      await record(body({ ...fields('payment'), paymentId: 'under-way', paymentStatus: 'InProgress' }));
      await runAt(store, later(29));
      expect((await everyRow(store)).sessions).toHaveLength(3);
      await runAt(store, later(31));
      const left = await everyRow(store);
      expect(left.sessions.map(({ sessionId }) => sessionId)).toEqual([
        'session-of-anna',
        'session-of-boris',
      ]);
      expect(left.payments.map(({ paymentId }) => paymentId)).toEqual(['under-way']);
      expect(left.callbacks.filter(({ sessionId }) => sessionId === 'ended')).toEqual([]);
    });

    it('deletes quarantined rows that belong to nothing that stays', async () => {
      const { store } = recording;
      await runAt(store, later(31));
      const quarantined = (await everyRow(store)).callbacks.filter(
        ({ outcome }) => outcome === 'QUARANTINED',
      );
      expect(quarantined.map(({ sessionId }) => sessionId).sort()).toEqual([
        'session-of-anna',
        'session-of-boris',
      ]);
    });
  });
});
