import { rm } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { eq, sql } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, inject, it } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import { FolderLockedError } from '../../src/db/pglite/folder-lock.ts';
import { sessions, store as storeTable } from '../../src/db/schema.ts';
import type { Store } from '../../src/db/store.ts';
import { settleOutcomes } from '../../src/db/upkeep/recompute-outcomes.ts';
import { fingerprintOf } from '../../src/domain/journal/fingerprint.ts';
import { createLogger } from '../../src/logger.ts';
import { body } from '../support/builders/samples.ts';
import { closeLater } from '../support/closing.ts';
import { DEFAULTS } from '../support/stores/memory-store.ts';
import { everyRow, openRecording } from '../support/stores/recording.ts';
import { eachStore, makeDatabase, type TestStore } from '../support/stores/stores.ts';

const log = createLogger({ level: 'silent' });
const REPORTED = { userId: 'u', bankId: 'b', stage: 'Accounts', status: 'InProgress' };

async function open(on: TestStore): Promise<Store> {
  const { databaseUrl, dataDir } = on.config();
  return openStore({ databaseUrl, dataDir, pooled: false, log });
}

eachStore('opening the store', (on) => {
  it('keeps its identity, by which cursors know it, over every start', async () => {
    const identities: string[] = [];
    for (let round = 0; round < 2; round++) {
      const store = await open(on);
      const [row] = await store.db.select().from(storeTable);
      identities.push(row?.identity ?? '');
      await store.close();
    }
    expect(identities[0]).toMatch(/^[0-9a-f]{8}$/);
    expect(identities[1]).toBe(identities[0]);
  });

  it('refuses a store that a newer minor version has opened, and says what to do', async () => {
    const store = await open(on);
    await store.db.update(storeTable).set({ openedBy: '0.10' });
    await store.close();
    await expect(open(on)).rejects.toThrow(
      'This store was opened by Callboard 0.10; this is 0.2. Start the newer version.',
    );
    // Put right by the newer version's own hand.
    const { databaseUrl, dataDir } = on.config();
    const again = await openRaw(databaseUrl, dataDir);
    await again.run(`update store set opened_by = '0.2'`);
    await again.close();
  });

  it('gives the rows of a store that 0.1 wrote a fingerprint, from which those of later rows go on', async () => {
    const before = await openRecording(on);
    for (const sessionId of ['a', 'b']) await before.record(body({ ...REPORTED, sessionId }));
    const rows = await everyRow(before.store);
    await before.close();
    const { databaseUrl, dataDir } = on.config();
    const old = await openRaw(databaseUrl, dataDir);
    await old.run(`
      alter table callbacks drop column fingerprint;
      alter table store drop column fingerprint, drop column lowest_fingerprint, drop column recomputations;
      delete from drizzle.__drizzle_migrations where name like '%_fingerprints'`);
    await old.close();

    const after = await openRecording(on);
    await after.record(body({ ...REPORTED, sessionId: 'c' }));
    const [first, second, third] = (await everyRow(after.store)).callbacks;
    expect(first).toMatchObject({
      ...rows.callbacks[0],
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(second?.fingerprint).toBe(first?.fingerprint);
    if (first === undefined || third === undefined) throw new Error('a row is missing');
    expect(third.fingerprint).toBe(fingerprintOf(first.fingerprint, third));
    expect(await after.store.db.select().from(storeTable)).toMatchObject([
      { fingerprint: third.fingerprint, lowestFingerprint: first.fingerprint, recomputations: 0 },
    ]);
    await after.close();
    const clean = await openRaw(databaseUrl, dataDir);
    await clean.run(
      'delete from callbacks; delete from sessions; delete from banks; update store set position = 0',
    );
    await clean.close();
  });

  it('computes outcomes again where EXPECTED_STAGES has changed, as the next version, and nothing else', async () => {
    const recording = await openRecording(on);
    const finished = { userId: 'u', bankId: 'b', stage: 'Transactions', status: 'Finished' };
    for (let n = 0; n < 1_200; n++) void recording.record(body({ ...finished, sessionId: `s${n}` }));
    await recording.record(body({ ...finished, sessionId: 'failed', status: 'Failed' }));
    const before = await everyRow(recording.store);
    const outcomes = async () =>
      recording.store.db
        .select({
          outcome: sessions.outcome,
          nextAction: sessions.nextAction,
          n: sql`count(*)`.mapWith(Number),
        })
        .from(sessions)
        .groupBy(sessions.outcome, sessions.nextAction)
        .orderBy(sessions.outcome);
    expect(await outcomes()).toEqual([
      { outcome: 'SUCCEEDED', nextAction: 'NONE', n: 1_200 },
      { outcome: 'FAILED', nextAction: 'NONE', n: 1 },
    ]);

    await settleOutcomes(recording.store, [...DEFAULTS.expectedStages, 'TRANSACTION_DETAILS']);
    expect(await outcomes()).toEqual([
      { outcome: 'PENDING', nextAction: 'WAIT', n: 1_200 },
      { outcome: 'FAILED', nextAction: 'NONE', n: 1 },
    ]);

    await settleOutcomes(recording.store, DEFAULTS.expectedStages);
    const twice = before.sessions.map((session) =>
      session.sessionId === 'failed' ? session : { ...session, version: session.version + 2 },
    );
    expect(await everyRow(recording.store)).toEqual({ ...before, sessions: twice });
    await recording.close();
  });
});

describe('opening PGlite', () => {
  it('draws an identity for each new store, also where all begin as the same prepared one', async () => {
    const folders = ['new-1', 'new-2'].map((name) => `${inject('pgliteTemplate')}-${name}`);
    const identities = new Set<unknown>();
    for (const dataDir of [...folders, 'memory', 'memory']) {
      const store = await openStore({ databaseUrl: null, dataDir, pooled: false, log });
      for (const { identity } of await store.db.select().from(storeTable)) identities.add(identity);
      await store.close();
    }
    for (const folder of folders) await rm(folder, { recursive: true });
    expect(identities.size).toBe(4);
  });

  it('is refused while the folder is open elsewhere, and allowed again afterwards', async () => {
    const folder = `${inject('pgliteTemplate')}-locked`;
    const options = { databaseUrl: null, dataDir: folder, pooled: false, log };
    const first = await openStore(options);
    const second = await openStore(options).catch((error: unknown) => error);
    expect(second).toBeInstanceOf(FolderLockedError);
    expect(String(second)).toContain('is open in another process: stop that one');
    await first.close();
    const third = await openStore(options);
    await third.close();
    await rm(folder, { recursive: true });
  });
});

describe.skipIf(inject('postgresUrl') === null)('opening PostgreSQL', () => {
  it.each([false, true])(
    'applies the migrations once when six instances start at once (pooled: %s)',
    async (pooled) => {
      const server = inject('postgresUrl');
      if (server === null) return;
      const database = await makeDatabase(server);
      closeLater(database.drop);
      const options = { databaseUrl: database.url, dataDir: 'memory', pooled, log };
      const stores = await Promise.all(Array.from({ length: 6 }, () => openStore(options)));
      const [first] = stores;
      const rows = await first?.db.select().from(storeTable).where(eq(storeTable.id, 1));
      expect(rows).toHaveLength(1);
      await Promise.all(stores.map((store) => store.close()));
    },
  );
});

/** The store without any code of Callboard's between. */
async function openRaw(databaseUrl: string | null, dataDir: string) {
  if (databaseUrl === null) {
    const client = await PGlite.create(dataDir);
    return { run: (text: string) => client.exec(text), close: () => client.close() };
  }
  const client = postgres(databaseUrl, { max: 1 });
  return { run: (text: string) => client.unsafe(text), close: () => client.end() };
}
