import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { sql as raw } from 'drizzle-orm';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import { openStore } from '../../src/db/open.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { deriveSession } from '../../src/domain/session/outcome.ts';
import { STAGE_NAMES, type StageName } from '../../src/domain/words.ts';
import { createLogger } from '../../src/logger.ts';
import { at, postCallback, query, send } from '../support/clients/client.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeAll, closeLater } from '../support/closing.ts';
import { built, startGateway } from '../support/gateways/gateway.ts';
import { eachStore, type TestStore } from '../support/stores/stores.ts';
import { readTables } from '../support/stores/tables.ts';

const log = createLogger({ level: 'silent' });

const SHORT: readonly StageName[] = ['AUTHENTICATION', 'ACCOUNTS', 'TRANSACTIONS'];
const LONG_ROAD: readonly StageName[] = [...SHORT, 'TRANSACTION_DETAILS'];

/** What a client sees of a session. */
const SEEN = '{ version outcome nextAction stages { name expected } }';
/** Instances look at the store once a second. */
const FOLLOWS_WITHIN_MS = 5_000;

const body = (sessionId: string, stage: string, status: string) => ({
  ...{ sessionId, userId: 'user-anna', bankId: 'bank-75', stage, status },
});

async function deliver(url: string, callback: object): Promise<void> {
  const answer = await postCallback(url, callback);
  if (answer.status !== 200) throw new Error(`not recorded: ${answer.status} ${answer.text}`);
}

/** Brings a session to the end of the short road. */
async function finish(url: string, sessionId: string): Promise<void> {
  for (const stage of ['Authentication', 'Accounts', 'Transactions']) {
    await deliver(url, body(sessionId, stage, 'Finished'));
  }
}

async function seen(url: string, sessionId: string): Promise<unknown> {
  const { data, errors } = await query(url, `query ($id: ID!) { session(sessionId: $id) ${SEEN} }`, {
    id: sessionId,
  });
  expect(errors).toBeUndefined();
  return at(data, 'session');
}

const expectedIn = (session: unknown): unknown[] =>
  STAGE_NAMES.filter((_, n) => at(session, 'stages', n, 'expected') === true);

/** Holds every stored outcome against what these stages say of the session's state, and all state against the journal. */
async function expectOutcomesOf(store: TestStore, stages: readonly StageName[]): Promise<void> {
  const opened = await openStore({ ...store.config(), pooled: false, log });
  const { sessions } = await readTables(opened.db);
  expect(await rebuild({ store: opened, parse: parseCallback })).toMatchObject({ sessions: 0 });
  await opened.close();
  expect(sessions.size).toBeGreaterThan(0);
  const wrong = [...sessions.values()].filter((session) => {
    const { outcome, nextAction } = deriveSession(session, stages);
    return outcome !== session.outcome || nextAction !== session.nextAction;
  });
  expect(wrong.map(({ sessionId, outcome }) => `${sessionId} ${outcome}`)).toEqual([]);
}

/** Changes a store that no gateway has open. */
async function inStore(of: TestStore, statements: readonly string[]): Promise<void> {
  const store = await openStore({ ...of.config(), pooled: false, log });
  for (const statement of statements) await store.db.execute(raw.raw(statement));
  await store.close();
}

eachStore('EXPECTED_STAGES', (store) => {
  afterEach(closeAll);

  test('of a gateway that starts again count for what was recorded before, as the next version', async () => {
    const before = await startGateway(store.config({ expectedStages: SHORT }));
    await finish(before.url, 'again');
    await deliver(before.url, body('failed', 'Accounts', 'Failed'));
    expect(await seen(before.url, 'again')).toMatchObject({ outcome: 'SUCCEEDED', version: 3 });
    await before.close();

    const after = await startGateway(store.config({ expectedStages: LONG_ROAD }));
    const session = await seen(after.url, 'again');
    expect(session).toMatchObject({ outcome: 'PENDING', nextAction: 'WAIT', version: 4 });
    expect(expectedIn(session)).toEqual(LONG_ROAD);
    expect(await seen(after.url, 'failed')).toMatchObject({ outcome: 'FAILED', version: 1 });
    await after.close();
    await expectOutcomesOf(store, LONG_ROAD);
  });

  test('are recomputed to the end by the next start, where a process ended in the midst of it', async () => {
    const before = await startGateway(store.config({ expectedStages: LONG_ROAD }));
    for (const id of ['a-done', 'b-left', 'c-left']) await finish(before.url, id);
    await before.close();
    // As it stands after the first portion of a recomputation for the short road.
    await inStore(store, [
      `update sessions set outcome = 'SUCCEEDED', next_action = 'NONE' where session_id = 'a-done'`,
      `update store set expected_stages = 'AUTHENTICATION,ACCOUNTS,TRANSACTIONS', recomputed_to = 'a-done'`,
    ]);
    const after = await startGateway(store.config({ expectedStages: SHORT }));
    for (const id of ['a-done', 'b-left', 'c-left']) {
      expect(await seen(after.url, id)).toMatchObject({
        outcome: 'SUCCEEDED',
        version: id === 'a-done' ? 3 : 4,
      });
    }
    await after.close();
    await expectOutcomesOf(store, SHORT);
  });

  describe.skipIf(store.kind === 'pglite')('with two instances on one PostgreSQL', () => {
    let sql: postgres.Sql;
    beforeEach(() => {
      sql = postgres(store.databaseUrl ?? '', { max: 1, onnotice: () => {} });
      closeLater(() => sql.end());
    });

    test('are those of the one that started last, while callbacks arrive at both', async () => {
      const first = await startGateway(store.config({ expectedStages: SHORT }));
      const urls = [first.url];
      for (let n = 0; n < 20; n += 1) await finish(first.url, `idle-${n}`);
      const idleBefore = at(await seen(first.url, 'idle-0'), 'version');

      let isOver = false;
      let finished = 0;
      const load = async (of: number): Promise<void> => {
        for (let n = of; !isOver; n += 4, finished += 1)
          await finish(urls[n % urls.length] ?? '', `busy-${n}`);
      };
      const loads = [0, 1, 2, 3].map(load);
      const untilMore = async (count: number) => {
        const goal = finished + count;
        await expect.poll(() => finished, { timeout: 20_000 }).toBeGreaterThanOrEqual(goal);
      };
      await untilMore(20);
      const second = await startGateway(store.config({ expectedStages: LONG_ROAD }));
      urls.push(second.url);
      await untilMore(20);
      isOver = true;
      await Promise.all(loads);

      await expectOutcomesOf(store, LONG_ROAD);
      for (const { url } of [first, second]) {
        await expect
          .poll(async () => expectedIn(await seen(url, 'idle-0')), { timeout: FOLLOWS_WITHIN_MS })
          .toEqual(LONG_ROAD);
        expect(await seen(url, 'idle-0')).toMatchObject({
          outcome: 'PENDING',
          version: Number(idleBefore) + 1,
        });
      }

      // The other way round: whichever starts last.
      await first.close();
      const third = await startGateway(store.config({ expectedStages: SHORT }));
      await finish(second.url, 'by-the-other');
      await expectOutcomesOf(store, SHORT);
      for (const { url } of [second, third]) {
        await expect
          .poll(async () => expectedIn(await seen(url, 'idle-0')), { timeout: FOLLOWS_WITHIN_MS })
          .toEqual(SHORT);
      }
    });

    test('reach what is subscribed and what is cached at the instance that was there before', async () => {
      const first = await startGateway(store.config({ expectedStages: SHORT }));
      await finish(first.url, 'watched');
      const status = `${first.url}/api/session/status?sessionId=watched`;
      const { etag = '' } = (await send(status)).headers;
      const document = `subscription { sessionStatusChanged(sessionId: "watched") { kind recovered session ${SEEN} } }`;
      const watching = await subscribeWs(first.url, { query: document });
      const opening = at((await watching.next()).data, 'sessionStatusChanged');
      expect(opening).toMatchObject({ kind: 'SNAPSHOT', recovered: true, session: { outcome: 'SUCCEEDED' } });

      const second = await startGateway(store.config({ expectedStages: LONG_ROAD }));
      const snapshot = at((await watching.next(FOLLOWS_WITHIN_MS)).data, 'sessionStatusChanged');
      expect(snapshot).toMatchObject({
        kind: 'SNAPSHOT',
        recovered: false,
        session: { outcome: 'PENDING', version: 4 },
      });
      expect(expectedIn(at(snapshot, 'session'))).toEqual(LONG_ROAD);
      expect((await send(status, { headers: { 'if-none-match': String(etag) } })).status).toBe(200);

      // What the other instance writes from here on is the same everywhere.
      await deliver(second.url, body('watched', 'TransactionDetails', 'Finished'));
      const change = at((await watching.next(FOLLOWS_WITHIN_MS)).data, 'sessionStatusChanged');
      expect(change).toMatchObject({ kind: 'STATUS', session: { outcome: 'SUCCEEDED', version: 5 } });
      expect(await seen(second.url, 'watched')).toEqual(at(change, 'session'));
      expect(await seen(first.url, 'watched')).toEqual(at(change, 'session'));
    });

    test('are recomputed to the end by another instance, where one is killed in the midst of it', async () => {
      const first = await startGateway(store.config({ expectedStages: SHORT }));
      await finish(first.url, 'session-0000');
      await sql`
        insert into sessions select (jsonb_populate_record(s, jsonb_build_object('session_id', 'session-' || lpad(n::text, 4, '0')))).*
        from sessions as s, generate_series(1, 1200) as n where s.session_id = 'session-0000'`;
      const blocker = postgres(store.databaseUrl ?? '', { max: 1, onnotice: () => {} });
      closeLater(() => blocker.end());
      // Nobody gets beyond the first portion while this row is held.
      await blocker`begin`;
      await blocker`select 1 from sessions where session_id = 'session-0700' for update`;
      const env = store.env({ EXPECTED_STAGES: 'Authentication,Accounts,Transactions,TransactionDetails' });
      const second = spawn(process.execPath, [built('main')], { env, stdio: 'ignore' });
      const killed = once(second, 'close');
      const recomputedTo = async () => {
        const [row] = await sql`select recomputed_to from store`;
        return row?.recomputed_to;
      };
      await expect.poll(recomputedTo, { timeout: 15_000, interval: 10 }).toMatch(/^session-0[0-6]/);
      second.kill('SIGKILL');
      await killed;
      await blocker`rollback`;
      expect(await seen(first.url, 'session-1200')).toMatchObject({ outcome: 'SUCCEEDED' });
      // Of what is shown it changes only the outcome.
      await deliver(first.url, body('session-0900', 'Accounts', 'InProgress'));

      await expect.poll(recomputedTo, { timeout: 15_000 }).toBeNull();
      const outcomes = await sql`
        select outcome, version, count(*)::int as n from sessions where session_id like 'session-%' group by 1, 2`;
      expect([...outcomes]).toEqual([{ outcome: 'PENDING', version: 4, n: 1_201 }]);
      expect(await seen(first.url, 'session-1200')).toMatchObject({ outcome: 'PENDING' });
    });
  });
});
