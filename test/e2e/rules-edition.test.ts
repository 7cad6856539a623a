import { spawn } from 'node:child_process';
import { once } from 'node:events';
import postgres from 'postgres';
import { expect, it } from 'vitest';
import { parseApplied } from '../../src/callbacks/parse/parse.ts';
import { openStore, type StoreOptions } from '../../src/db/open.ts';
import { store as storeTable } from '../../src/db/schema.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { RULES_EDITION } from '../../src/domain/rules-edition.ts';
import { createLogger } from '../../src/logger.ts';
import { at, query, send } from '../support/clients/client.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeLater } from '../support/closing.ts';
import { built, ownProgram, spawnGateway } from '../support/gateways/gateway.ts';
import { everyRow } from '../support/stores/recording.ts';
import { endOf, makeStoreOf01, rowsOf01 } from '../support/stores/store-of-0-1.ts';
import { eachStore, type TestStore } from '../support/stores/stores.ts';
import { until, untilReadyz } from '../support/until.ts';

const COMPUTING = 'computing all states again from the journal';
const DONE = 'all states are computed by the rules of this version';
const WITHIN_MS = 30_000;
const log = createLogger({ level: 'silent' });

/** Runs a program over a store to its end. */
async function run([program, ...words]: readonly [string, ...string[]], env: Record<string, string>) {
  const child = spawn(process.execPath, [program, ...words], {
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  closeLater(async () => {
    child.kill('SIGKILL');
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const [code, signal] = await once(child, 'close');
  return { code, signal, output };
}

async function opened<T>(
  of: TestStore,
  work: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>,
  more: Partial<StoreOptions> = {},
): Promise<T> {
  const { databaseUrl, dataDir } = of.config();
  const store = await openStore({ databaseUrl, dataDir, pooled: false, log, ...more });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** All rows, and what the store says of itself. */
const contentOf = (of: TestStore) =>
  opened(of, async (store) => ({
    ...(await everyRow(store)),
    store: await store.db.select().from(storeTable),
  }));

eachStore('a store of 0.1', (store) => {
  it('is shown by the rules of this version as soon as the gateway listens, with nothing lost', async () => {
    await makeStoreOf01(store);
    const truths = new Map(rowsOf01('truths').map((row) => [String(row.sessionId), endOf(row)]));
    const before = new Map(rowsOf01('sessions').map((row) => [String(row.session_id), row]));
    const journal = rowsOf01('callbacks');
    const identity = String(rowsOf01('store')[0]?.identity);
    const head = journal.length;

    const gateway = await spawnGateway(store.env(), WITHIN_MS);
    expect(gateway.output()).toContain(COMPUTING);
    expect(gateway.output()).toContain(`position ${head} of ${head}`);
    expect(gateway.output()).toContain(DONE);

    const { data, errors } = await query(
      gateway.url,
      `{ sessions(first: 100) { edges { node { sessionId outcome stage { name status } version
         transactionPages { earliestEffectiveDate } } } } }`,
    );
    expect(errors).toBeUndefined();
    const nodes = at(data, 'sessions', 'edges');
    if (!Array.isArray(nodes)) throw new Error('no list of sessions');
    const after = new Map(
      nodes.map(({ node }) => [String(at(node, 'sessionId')), { ...node, ...shownStage(node) }]),
    );
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    const isRight = (shown: unknown, id: string) =>
      JSON.stringify(endOf(shown)) === JSON.stringify(truths.get(id));
    const right = (shown: ReadonlyMap<string, unknown>) =>
      [...truths.keys()].filter((id) => isRight(shown.get(id), id));
    expect(right(before).length).toBeLessThan(right(after).length);
    expect(right(after)).toEqual(expect.arrayContaining(right(before)));
    expect(right(after).length).toBeGreaterThanOrEqual(truths.size - 1);
    // A version of 0.1 is never shown with another content.
    for (const [id, row] of before) expect(at(after.get(id), 'version')).toBeGreaterThan(Number(row.version));
    expect(JSON.stringify(nodes)).toContain('"earliestEffectiveDate":"2019-02-26"');

    // A cursor of 0.1, at its head: what its bearer holds may be wrong.
    const subscribed = await subscribeWs(gateway.url, {
      query:
        'subscription ($after: String) { sessionStatusChanged(after: $after, sessionId: "by-hand") { kind recovered } }',
      variables: { after: Buffer.from(`${identity}.${head}`).toString('base64url') },
    });
    expect(at(await subscribed.next(), 'data', 'sessionStatusChanged')).toEqual({
      kind: 'SNAPSHOT',
      recovered: false,
    });
    await subscribed.close();
    await gateway.terminate();

    const content = await contentOf(store);
    expect(content.store[0]).toMatchObject({
      ...{ identity, rulesEdition: RULES_EDITION, position: head, lowest: head, recomputations: 1 },
    });
    expect(
      content.callbacks.map(({ position, outcome, attempt, digest, version, changed, deliveries, body }) => ({
        ...{ position, outcome, attempt, digest, version, changed, deliveries },
        body: Buffer.from(body).toString('utf8'),
      })),
    ).toEqual(
      journal.map(({ position, outcome, attempt, digest, version, changed, deliveries, body }) => ({
        ...{ position, outcome, attempt, digest, version, changed, deliveries, body },
      })),
    );
    expect(content.callbacks.filter(({ faults, unknownFields }) => faults ?? unknownFields)).toEqual([]);
    expect(content.callbacks.filter(({ confirms }) => confirms).length).toBeGreaterThan(0);
    expect(content.callbacks.filter(({ putsBack }) => putsBack).length).toBeGreaterThan(0);

    // The next start has nothing to do, and neither has a rebuild.
    const again = await spawnGateway(store.env(), WITHIN_MS);
    expect(again.output()).not.toContain(COMPUTING);
    await again.terminate();
    expect(await contentOf(store)).toEqual(content);
    expect((await run([built('callboard'), 'rebuild'], store.env())).output).toContain(
      '0 sessions and 0 payments differed',
    );
    expect(await contentOf(store)).toEqual(content);
  }, 90_000);
});

eachStore('a store of 0.1 whose states are being computed again', (store) => {
  it('comes to the same when the process is killed midway, however often', async () => {
    // More than one portion.
    await makeStoreOf01(store, 5);
    await opened(store, async () => {}, { parse: parseApplied });
    const { store: [whole] = [], ...expected } = await contentOf(store);
    await makeStoreOf01(store, 5);
    for (const n of ['1', '900', '1100'])
      expect(await run([ownProgram('open-and-die')], store.env({ KILL_AT: n }))).toMatchObject({
        signal: 'SIGKILL',
      });
    // What was written so far does not count as done.
    expect((await contentOf(store)).store[0]).toMatchObject({ rulesEdition: 1, recomputations: 0 });
    expect(await run([built('callboard'), 'migrate'], store.env())).toMatchObject({ code: 0 });
    const { store: [row] = [], ...content } = await contentOf(store);
    expect(withoutFingerprints(content)).toEqual(withoutFingerprints(expected));
    expect(row).toMatchObject({
      rulesEdition: RULES_EDITION,
      position: whole?.position,
      lowest: whole?.lowest,
    });
    await opened(store, async (of) => {
      expect(await rebuild({ store: of, parse: parseApplied })).toMatchObject({ sessions: 0, payments: 0 });
    });
  }, 90_000);

  it('is waited for with MIGRATE=off, until `npm run migrate` has done it', async () => {
    await makeStoreOf01(store);
    // Its tables are this version's, its states are not.
    await opened(store, async () => {});
    const gateway = await spawnGateway(store.env({ MIGRATE: 'off' }));
    expect(gateway.output()).toContain('rules of edition 1');
    expect((await send(`${gateway.url}/readyz`)).status).toBe(503);
    const migrated = await run([built('callboard'), 'migrate'], store.env());
    expect(migrated).toMatchObject({ code: 0 });
    expect(migrated.output).toContain(DONE);
    await untilReadyz(gateway.url, 200, WITHIN_MS);
    await gateway.terminate();
  }, 90_000);

  it.skipIf(store.kind === 'pglite')(
    'is left to one instance: another that starts meanwhile waits, says so, and goes on',
    async () => {
      await makeStoreOf01(store);
      const connect = () => {
        const client = postgres(store.databaseUrl ?? '', { max: 1, onnotice: () => {} });
        closeLater(() => client.end({ timeout: 1 }));
        return client;
      };
      const observer = connect();
      const areWaiting = (n: number) => async () => {
        const [row] = await observer`select count(*)::int as n from pg_locks
          where locktype = 'advisory' and not granted
            and database = (select oid from pg_database where datname = current_database())`;
        return row?.n === n;
      };
      const starting = await connect().begin(async (tx) => {
        // The writer's lock keeps the first one from its last step.
        await tx`select pg_advisory_xact_lock(7226255201)`;
        const first = spawnGateway(store.env(), WITHIN_MS);
        await until(areWaiting(1), WITHIN_MS);
        const second = spawnGateway(store.env(), WITHIN_MS);
        await until(areWaiting(2), WITHIN_MS);
        return { both: Promise.all([first, second]) };
      });
      const [first, second] = await starting.both;
      expect(first.output()).toContain(DONE);
      expect(second.output()).toContain('another instance migrates the store: waiting');
      expect(second.output()).not.toContain(COMPUTING);
      for (const { url, terminate } of [first, second]) {
        expect((await send(`${url}/readyz`)).status).toBe(200);
        await terminate();
      }
    },
    60_000,
  );
});

/** A stage as its words alone, as the tables have it. */
const shownStage = (node: unknown) => ({
  stage: at(node, 'stage', 'name'),
  status: at(node, 'stage', 'status'),
});

/** Drawn at random by the migration. */
const withoutFingerprints = (content: { readonly callbacks: readonly object[] }) => ({
  ...content,
  callbacks: content.callbacks.map((row) => ({ ...row, fingerprint: null })),
});
