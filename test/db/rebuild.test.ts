import { readdirSync } from 'node:fs';
import { eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseApplied } from '../../src/callbacks/parse/parse.ts';
import { banks, payments, sessions } from '../../src/db/schema.ts';
import type { Db } from '../../src/db/store.ts';
import { readStages } from '../../src/db/tables/stored-stages.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { disordered, history, type Wire } from '../support/builders/histories.ts';
import { body, bytes, FIXTURES, fields, fixture, withRaw } from '../support/builders/samples.ts';
import { everyRow, openRecording, type Recording } from '../support/stores/recording.ts';
import { eachStore } from '../support/stores/stores.ts';

/** Some sessions' disordered callbacks, shuffled together, always the same ones. */
const sent: readonly Wire[] = fc
  .sample(
    history.chain((one) => disordered(one)),
    { numRuns: 40, seed: 3 },
  )
  .flatMap((wires, index) => wires.map((wire): Wire => ({ ...wire, sessionId: `session-${index}` })));

eachStore('rebuild', (on) => {
  let recording: Recording;
  const run = () => rebuild({ store: recording.store, parse: parseApplied });

  beforeAll(async () => {
    recording = await openRecording(on);
    const at = Date.parse('2026-11-22T10:00:00.000Z');
    // Over half an hour, so that restarts are suspected and confirmed among them.
    await Promise.all(sent.map((wire, index) => recording.record(body(wire), at + index * 4_000)));
    const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.json'));
    await Promise.all(names.map((name) => recording.record(fixture(name.slice(0, -'.json'.length)))));
    await recording.record(bytes('{}'));
    // Recorded by an older version: today it would be quarantined.
    const twice = withRaw({ ...fields('session-status'), sessionId: 'twice' }, 'x', '1,"x":2');
    const parsed = parseApplied(twice);
    await recording.recorder.record({ parsed, body: twice, receivedAt: at, webhookId: null });
  });

  it('finds nothing to correct, since live state is the fold of the journal, row for row', async () => {
    const live = await everyRow(recording.store);
    const rebuilt = await run();
    expect(rebuilt).toMatchObject({ sessions: 0, payments: 0 });
    expect(rebuilt.rows).toBe(live.callbacks.filter(({ outcome }) => outcome !== 'QUARANTINED').length);
    expect(await everyRow(recording.store)).toEqual(live);
  });

  it('gives empty tables the very rows that were live', async () => {
    const { store } = recording;
    const live = await everyRow(store);
    for (const table of [sessions, payments, banks]) await store.db.delete(table);
    await run();
    expect(await everyRow(store)).toEqual(live);
  });

  it('takes the same state for the same, however its json is spelled', async () => {
    const { store } = recording;
    const live = await everyRow(store);
    // jsonb orders the keys anew and puts spaces between.
    await store.db.execute(
      sql`update sessions set stages = stages::jsonb::json, accounts = accounts::jsonb::json`,
    );
    expect(await run()).toMatchObject({ sessions: 0 });
    expect(await everyRow(store)).toEqual(live);
  });

  it('reads a state that holds all of its members, and writes it in the short form', async () => {
    const { store } = recording;
    const live = await everyRow(store);
    for (const { sessionId, stages } of live.sessions) {
      const whole = JSON.stringify(readStages(stages));
      await store.db.execute(
        sql`update sessions set stages = ${whole}::text::json where session_id = ${sessionId}`,
      );
    }
    const [first] = await store.db.select().from(sessions).where(eq(sessions.sessionId, 'session-0'));
    expect(first?.stages.TRANSACTION_DETAILS).toHaveProperty('version');
    // A callback is folded over the whole form.
    const { userId, bankId } = live.sessions.find(({ sessionId }) => sessionId === 'session-0') ?? {};
    await recording.record(
      body({ sessionId: 'session-0', userId, bankId, stage: 'TransactionDetails', status: 'InProgress' }),
      Date.parse('2026-11-22T11:00:00.000Z'),
    );
    expect(await run()).toMatchObject({ sessions: live.sessions.length - 1, payments: 0 });
    const stagesOf = (rows: Awaited<ReturnType<typeof everyRow>>) =>
      rows.sessions
        .filter(({ sessionId }) => sessionId !== 'session-0')
        .map(({ sessionId, stages }) => [sessionId, stages]);
    expect(stagesOf(await everyRow(store))).toEqual(stagesOf(live));
  });

  describe('where a stored row is not what the journal says', () => {
    it('puts it right as the next version, and leaves the others as they are', async () => {
      const { store } = recording;
      const live = await everyRow(store);
      const [wrong] = live.sessions;
      if (wrong === undefined) throw new Error('a session was recorded');
      await store.db
        .update(sessions)
        .set({ outcome: 'FAILED', status: 'FAILED', version: 41 })
        .where(eq(sessions.sessionId, wrong.sessionId));
      await store.db.insert(sessions).values({ ...wrong, sessionId: 'never reported' });
      const rebuilt = await run();
      expect(rebuilt).toMatchObject({ sessions: 2, payments: 0 });
      const after = await everyRow(store);
      expect(after).toEqual({ ...live, sessions: [{ ...wrong, version: 42 }, ...live.sessions.slice(1)] });
      // As it was, for the tests that follow.
      await store.db
        .update(sessions)
        .set({ version: wrong.version })
        .where(eq(sessions.sessionId, wrong.sessionId));
    });
  });

  it('gives a bank every identifier that the journal has of it', async () => {
    const { store } = recording;
    const live = await everyRow(store);
    const bank = live.banks.find(({ secondaryIdentifiers }) => secondaryIdentifiers.length > 0);
    if (bank === undefined) throw new Error('a bank with identifiers was recorded');
    await store.db.update(banks).set({ secondaryIdentifiers: [] }).where(eq(banks.bankId, bank.bankId));
    await run();
    expect(await everyRow(store)).toEqual(live);
  });

  it('leaves no table of its own behind, and reports its progress', async () => {
    const progress: [number, number][] = [];
    await rebuild({
      store: recording.store,
      parse: parseApplied,
      onProgress: (position, last) => progress.push([position, last]),
    });
    const last = progress.at(-1);
    expect(last?.[0]).toBe(last?.[1]);
    const found = await recording.store.db
      .select({ n: sql`count(*)`.mapWith(Number) })
      .from(sql`information_schema.schemata`)
      .where(sql`schema_name = 'rebuild'`);
    expect(found).toEqual([{ n: 0 }]);
  });

  it('misses nothing that is recorded while it runs', async () => {
    const { store } = recording;
    const before = (await everyRow(store)).callbacks.length;
    let recorded = 0;
    const recordMore = () =>
      Promise.all(
        Array.from({ length: 100 }, () =>
          recording.record(
            body({
              ...{ sessionId: `meanwhile-${recorded % 7}`, userId: 'u', bankId: 'b', stage: 'Accounts' },
              ...{ status: 'InProgress', n: recorded++ },
            }),
          ),
        ),
      );
    // Callbacks come before its first transaction, and between that and each of the next.
    const transaction: Db['transaction'] = async (work, config) => {
      if (recorded < 300) await recordMore();
      return store.db.transaction(work, config);
    };
    const db: Db = Object.assign(Object.create(store.db), { transaction });
    await rebuild({ store: { db }, parse: parseApplied });
    expect(recorded).toBeGreaterThan(100);
    const live = await everyRow(store);
    expect(live.callbacks).toHaveLength(before + recorded);
    expect(live.sessions.filter(({ sessionId }) => sessionId.startsWith('meanwhile-'))).toHaveLength(7);
    expect(await run()).toMatchObject({ sessions: 0, payments: 0 });
    expect(await everyRow(store)).toEqual(live);
  });
});
