import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { Webhook } from 'standardwebhooks';
import { beforeAll, describe, expect, test } from 'vitest';
import { at, query, send } from '../support/clients/client.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeLater } from '../support/closing.ts';
import { type SpawnedGateway, spawnGateway } from '../support/gateways/gateway.ts';
import { OPERATOR, token } from '../support/gateways/production.ts';
import { eachStore, type TestStore } from '../support/stores/stores.ts';
import { startTcpProxy } from '../support/stores/tcp-proxy.ts';

const HOUR_MS = 3_600_000;
const SIGNING_KEY = `whsec_${Buffer.from('the aggregator signs with this key').toString('base64')}`;
const TOKEN_SECRET = 'the secret that signs the tokens of viewers';
const PRELOAD = fileURLToPath(new URL('../support/gateways/skewed-clock.mjs', import.meta.url));
/** How exactly an instance may know the store's clock while this machine is busy. */
const EXACT_MS = 500;

/** A gateway in production mode whose own clock is ahead of everybody else's. */
function startSkewed(
  on: TestStore,
  skewMs: number,
  skewAfterSignalMs = skewMs,
  env: Readonly<Record<string, string>> = {},
): Promise<SpawnedGateway> {
  return spawnGateway(
    on.env({
      MODE: 'production',
      NODE_OPTIONS: `--import ${PRELOAD}`,
      SKEW_MS: String(skewMs),
      SKEW_AFTER_SIGNAL_MS: String(skewAfterSignalMs),
      CALLBACK_SIGNING_KEYS: SIGNING_KEY,
      JWT_SECRETS: TOKEN_SECRET,
      JWT_ISSUER: 'https://issuer.example',
      JWT_AUDIENCE: 'callboard',
      JWT_ALGORITHMS: 'HS256',
      RETENTION_DAYS: '1',
      ...env,
    }),
  );
}

/** Delivers a callback signed at the true time, give or take; every answer resolves. */
async function deliver({ url }: SpawnedGateway, callback: object, signedMsAgo = 0) {
  const body = JSON.stringify(callback);
  const id = `msg_${randomUUID()}`;
  const signedAt = new Date(Date.now() - signedMsAgo);
  return send(`${url}/callbacks`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(signedAt.getTime() / 1_000)),
      'webhook-signature': new Webhook(SIGNING_KEY).sign(id, signedAt, body),
    },
    body,
  });
}

const status = (sessionId: string, stage: string, status: string) => ({
  ...{ sessionId, userId: 'user-anna', bankId: 'bank-75', stage, status },
});

const bearer = async (claims: object = {}) => ({
  authorization: `Bearer ${await token({ ...OPERATOR, ...claims })}`,
});

async function ask({ url }: SpawnedGateway, document: string, variables: Record<string, unknown> = {}) {
  const result = await query(url, document, variables, await bearer());
  expect(result.errors).toBeUndefined();
  return result.data;
}

/** When an instance says that the newest callback came. */
async function newestReceivedAt(gateway: SpawnedGateway): Promise<number> {
  const data = await ask(gateway, '{ callbacks(first: 1) { edges { node { receivedAt } } } }');
  return Date.parse(String(at(data, 'callbacks', 'edges', 0, 'node', 'receivedAt')));
}

eachStore('clocks that disagree', (store) => {
  describe.skipIf(store.kind === 'pglite')('an instance an hour ahead beside one that is right', () => {
    let right: SpawnedGateway;
    let ahead: SpawnedGateway;
    let sql: postgres.Sql;

    beforeAll(async () => {
      sql = postgres(store.databaseUrl ?? '', { max: 1 });
      closeLater(() => sql.end());
      right = await startSkewed(store, 0);
      ahead = await startSkewed(store, HOUR_MS, -HOUR_MS);
    });

    test('takes callbacks and tokens that were signed now, and refuses those of an hour ahead', async () => {
      expect((await deliver(ahead, status('signed', 'Authentication', 'Initiated'))).status).toBe(200);
      expect((await deliver(ahead, status('signed', 'Authentication', 'Finished'), -HOUR_MS)).status).toBe(
        401,
      );
      expect((await deliver(right, status('signed', 'Authentication', 'Finished'), -HOUR_MS)).status).toBe(
        401,
      );
      const inFiveMinutes = await query(ahead.url, '{ viewer { userId } }', {}, await bearer());
      expect(inFiveMinutes.errors).toBeUndefined();
    });

    test('keeps a subscription open until its token expires by the time of the store', async () => {
      const { data: first, connection } = await opened(ahead, '{ sessionStatusChanged { kind changedAt } }');
      expect(at(first, 'sessionStatusChanged', 'kind')).toBe('SNAPSHOT');
      const changedAt = Date.parse(String(at(first, 'sessionStatusChanged', 'changedAt')));
      expect(Math.abs(changedAt - Date.now())).toBeLessThan(10_000);
      // Expired sockets are looked for every second.
      const ended = await Promise.race([connection.closed, pause(1_500)]);
      expect(ended).toBeUndefined();
    });

    test('gives callbacks the time at which they came, whichever instance took them', async () => {
      const times: number[] = [];
      for (const [n, gateway] of [ahead, right, ahead, right].entries()) {
        const before = Date.now();
        await deliver(gateway, status(`times-${n}`, 'Authentication', 'Initiated'));
        const received = await newestReceivedAt(right);
        expect(received).toBeGreaterThan(before - EXACT_MS);
        expect(received).toBeLessThan(Date.now() + EXACT_MS);
        times.push(received);
      }
      for (const [n, time] of times.entries()) expect(time).toBeGreaterThan((times[n - 1] ?? 0) - EXACT_MS);
    });

    test('suspects no restart in what came late', async () => {
      const stages =
        'query ($id: ID!) { session(sessionId: $id) { outcome stages { name status attempt } } }';
      for (const [stage, word] of [
        ['Authentication', 'Finished'],
        ['Accounts', 'Failed'],
      ] as const) {
        await deliver(right, status('late', stage, word));
      }
      for (const word of ['Initiated', 'InProgress']) await deliver(ahead, status('late', 'Accounts', word));
      const data = await ask(ahead, stages, { id: 'late' });
      expect(at(data, 'session', 'stages', 1)).toEqual({ name: 'ACCOUNTS', status: 'FAILED', attempt: 1 });
      const [{ highest } = { highest: null }] = await sql`
        select max(attempt) as highest from callbacks where session_id = 'late'`;
      expect(highest).toBe(1);
    });

    test('deletes nothing that is younger than RETENTION_DAYS', async () => {
      for (const id of ['young', 'old']) await deliver(right, status(id, 'Authentication', 'Failed'));
      await sql`
        update sessions set updated_at = now() - case session_id when 'young' then interval '23 hours 30 minutes'
          else interval '24 hours 5 minutes' end
        where session_id in ('young', 'old')`;
      // It looks at once when it starts.
      const third = await startSkewed(store, HOUR_MS);
      const left = async () => {
        const rows = await sql`select session_id from sessions where session_id in ('young', 'old')`;
        return rows.map(({ session_id }) => String(session_id));
      };
      await expect.poll(left, { timeout: 10_000 }).not.toContain('old');
      expect(await left()).toEqual(['young']);
      await third.kill();
    });

    test('logs once that its clock is not the one of the store', () => {
      const said = (gateway: SpawnedGateway) => gateway.output().match(/"skewMs":(-?\d+)/g) ?? [];
      expect(said(right)).toEqual([]);
      expect(said(ahead)).toHaveLength(1);
      expect(ahead.output()).toMatch(/clock is 3600 s ahead of the store's/);
    });

    test('goes on at the time of the store when its own clock is set back, and logs it', async () => {
      process.kill(ahead.pid, 'SIGUSR2');
      const before = Date.now();
      for (let n = 0; n < 5; n += 1) {
        expect((await deliver(ahead, status(`jump-${n}`, 'Authentication', 'Initiated'))).status).toBe(200);
        expect(Math.abs((await newestReceivedAt(right)) - Date.now())).toBeLessThan(
          EXACT_MS + Date.now() - before,
        );
      }
      await expect
        .poll(() => ahead.output(), { timeout: 15_000 })
        .toMatch(/clock is 3600 s behind the store's/);
    });

    test('goes on at the time of the store while the store cannot be reached', async () => {
      const proxy = await startTcpProxy(store.databaseUrl ?? '');
      const url = proxy.through(store.databaseUrl ?? '');
      const gateway = await startSkewed(store, HOUR_MS, -HOUR_MS, { DATABASE_URL: url });
      await proxy.cut('refused');
      process.kill(gateway.pid, 'SIGUSR2');
      expect((await deliver(gateway, status('outage', 'Authentication', 'Initiated'))).status).toBe(503);
      await proxy.mend();
      const answer = async () =>
        (await deliver(gateway, status('outage', 'Authentication', 'Initiated'))).status;
      await expect.poll(answer, { timeout: 10_000, interval: 200 }).toBe(200);
      expect(Math.abs((await newestReceivedAt(right)) - Date.now())).toBeLessThan(10_000);
      await gateway.kill();
    });
  });

  test.skipIf(store.kind === 'postgres')('on PGlite the one clock is that of the process', async () => {
    const env = { NODE_OPTIONS: `--import ${PRELOAD}`, SKEW_MS: String(HOUR_MS) };
    const gateway = await spawnGateway(store.env(env));
    const before = Date.now();
    await deliver(gateway, status('own', 'Authentication', 'Initiated'));
    const received = (await newestReceivedAt(gateway)) - HOUR_MS;
    expect(received).toBeGreaterThanOrEqual(before);
    expect(received).toBeLessThanOrEqual(Date.now());
    expect(gateway.output()).not.toContain('skewMs');
  });

  async function opened({ url }: SpawnedGateway, document: string) {
    const subscription = await subscribeWs(url, {
      query: `subscription ${document}`,
      connectionParams: await bearer(),
    });
    const { data } = await subscription.next();
    return { data, connection: subscription.connection };
  }
});
