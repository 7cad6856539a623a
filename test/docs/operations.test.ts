import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { CONFIG_VARIABLES } from '../../src/config/variables.ts';
import { fields } from '../support/builders/samples.ts';
import { postCallback, query, send } from '../support/clients/client.ts';
import { LOG, said } from '../support/clients/live-operations.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeAll, closeLater } from '../support/closing.ts';
import { command, ROOT, tableRows } from '../support/documents.ts';
import { spawnGateway, startGateway } from '../support/gateways/gateway.ts';
import { runToEnd, startByShell } from '../support/shell.ts';
import { copyFolder } from '../support/stores/copy-folder.ts';
import { makeStoreFolder } from '../support/stores/store-folder.ts';
import { dropRoleLater, eachStore, makeDatabase } from '../support/stores/stores.ts';

/* The commands of docs/operations.md and docs/configuration.md. */

const START_MS = 60_000;
const SESSIONS = '{ sessions { edges { node { sessionId } } } }';
const LONG = { timeout: 120_000 };

const sessionsAt = async (url: string): Promise<unknown> => (await query(url, SESSIONS)).json;
const NO_SESSIONS = { data: { sessions: { edges: [] } } };

eachStore('the commands for a store', (store) => {
  const env = (more: Readonly<Record<string, string>> = {}) => ({ ...store.env(), ...more });

  it('migrate, replay, rebuild and forget', LONG, async () => {
    expect(await runToEnd(command('migrate'), { env: env() })).toContain('The store is migrated.');
    const gateway = await spawnGateway(env());
    const callback = { ...fields('session-status'), userId: 'anna' };
    expect((await postCallback(gateway.url, callback)).status).toBe(200);
    expect((await postCallback(gateway.url, { ...callback, stage: 'Balances' })).status).toBe(200);
    expect((await gateway.terminate()).code).toBe(0);

    const upkeep = await runToEnd(command('upkeep'), { env: env() });
    expect(upkeep).toContain('0 applied, 0 found recorded already, 1 still in quarantine.');
    expect(upkeep).toContain('1 callbacks folded; 0 sessions and 0 payments differed and were corrected.');

    const forgotten = await runToEnd(command('forget'), { env: env() });
    expect(forgotten).toContain('1 sessions, 0 payments and 2 callbacks deleted.');
    const after = await spawnGateway(env());
    expect(await sessionsAt(after.url)).toEqual(NO_SESSIONS);
    await after.terminate();
  });
});

describe('on PGlite', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await makeStoreFolder();
    copyFolder(inject('pgliteTemplate'), join(folder, 'data'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('a copied folder is a backup', LONG, async () => {
    const gateway = await spawnGateway({ DATA_DIR: join(folder, 'data') });
    expect((await postCallback(gateway.url, fields('session-status'))).status).toBe(200);
    const before = await sessionsAt(gateway.url);
    await gateway.terminate();
    await runToEnd(command('copy'), { cwd: folder });
    const restored = await spawnGateway({ DATA_DIR: join(folder, 'data-backup') });
    expect(await sessionsAt(restored.url)).toEqual(before);
    await restored.terminate();
  });

  it('a copy of .env.example starts a gateway', LONG, async () => {
    // Beside the package: nothing is written into it.
    const block = command('env-file')
      .replace('cp .env.example .env', `cp .env.example ${folder}/.env`)
      .replace('npm start', `cd ${folder} && exec node ${ROOT}dist/main.js`);
    const gateway = await startByShell(
      block,
      { env: { PORT: '0', DATA_DIR: join(folder, 'env') } },
      START_MS,
    );
    expect((await send(`${gateway.url}/readyz`)).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
  });
});

describe('the queries of the runbook', () => {
  it('are answered, and say something', async () => {
    const { url } = await startGateway();
    expect((await postCallback(url, fields('session-status'))).status).toBe(200);
    expect((await postCallback(url, { ...fields('session-status'), stage: 'Balances' })).status).toBe(200);
    const page = await readFile(`${ROOT}docs/operations.md`, 'utf8');
    const queries = [...page.matchAll(/query `(\{[^`]+\})`/g)].map(([, text = '']) => text);
    expect(queries.length).toBeGreaterThan(2);
    for (const text of queries) {
      const { data, errors } = await query(url, text);
      expect(errors, text).toBeUndefined();
      const connection = Object.values(data ?? {})[0];
      expect(JSON.stringify(connection), text).toMatch(/"node"|"count":1/);
    }
  });
});

describe('keys', () => {
  const rows = tableRows('docs/operations.md', '## Rotate keys');
  const sample = (variable: string, index: number): string =>
    variable === 'CALLBACK_SIGNING_KEYS'
      ? `whsec_${Buffer.alloc(32, index).toString('base64')}`
      : String(index).repeat(32);

  it.each(rows)('%s takes as many at a time as the page says: %s', (name, takes) => {
    const variable = name.replaceAll('`', '');
    const count = ['one', 'two'].indexOf(takes) + 1;
    const values = (length: number) => Array.from({ length }, (_, index) => sample(variable, index)).join();
    const others = { JWT_ISSUER: 'issuer', JWT_AUDIENCE: 'callboard' };
    expect(count).toBeGreaterThan(0);
    expect(() => readConfig({ ...others, [variable]: values(count) })).not.toThrow();
    if (count > 1) expect(() => readConfig({ ...others, [variable]: values(count + 1) })).toThrow(variable);
  });

  it('are all on the page, apart from those that are no list', () => {
    const secrets = CONFIG_VARIABLES.filter((name) => CONFIG_VARIABLES.includes(`${name}_FILE`));
    const named = rows.map(([name = '']) => name.replaceAll('`', ''));
    expect([...named, 'DATABASE_URL'].toSorted()).toEqual(secrets.toSorted());
  });

  it('of another kind, by the command of the page, are ones that the configuration takes', async () => {
    const [secret = ''] = await runToEnd(command('new-secret'));
    const { callback, jwt, metricsToken } = readConfig({
      ...{ CALLBACK_HEADER_SECRETS: secret, CALLBACK_PATH_SECRETS: secret },
      ...{ JWT_SECRETS: secret, JWT_ISSUER: 'i', JWT_AUDIENCE: 'a', METRICS_TOKEN: secret },
    });
    expect([...callback.headerSecrets, ...callback.pathSecrets, ...jwt.secrets, metricsToken]).toEqual(
      Array.from({ length: 4 }, () => secret),
    );
  });
});

describe('a new signing key', () => {
  it('is one that the configuration takes', async () => {
    const [key = ''] = await runToEnd(command('signing-key'));
    expect(readConfig({ CALLBACK_SIGNING_KEYS: key }).callback.signingKeys).toHaveLength(1);
  });
});

describe.skipIf(inject('postgresUrl') === null)('on PostgreSQL', () => {
  const server = inject('postgresUrl') ?? '';
  let database: Awaited<ReturnType<typeof makeDatabase>>;
  beforeAll(async () => {
    database = await makeDatabase(server);
  });
  afterAll(async () => {
    await closeAll();
    await database.drop();
  });

  it('the shortest form of production starts, and takes nothing unproven', LONG, async () => {
    const block = command('production').replace(/DATABASE_URL='[^']*'/, `DATABASE_URL='${database.url}'`);
    const gateway = await startByShell(block, { env: { PORT: '0', LAME_DUCK_MS: '0' } }, START_MS);
    const callback = fields('session-status');
    expect((await postCallback(gateway.url, callback)).status).toBe(401);
    const headers = { authorization: 'first-shared-secret' };
    expect((await postCallback(gateway.url, callback, headers)).status).toBe(200);
    expect((await query(gateway.url, SESSIONS)).status).toBe(401);
    await gateway.stop();
  });

  it('a role with these rights records, and creates nothing', LONG, async () => {
    const role = `callboard_docs_${process.pid}`;
    dropRoleLater(server, role);
    const owner = postgres(database.url, { max: 1, onnotice: () => {} });
    closeLater(() => owner.end({ timeout: 1 }));
    await owner.unsafe(`create role ${role} login password 'secret'`);
    await owner.unsafe('revoke create on schema public from public');
    await owner.unsafe(command('rights').replace(/\bto callboard\b/g, `to ${role}`));
    const url = new URL(database.url);
    Object.assign(url, { username: role, password: 'secret' });
    const gateway = await spawnGateway({ DATABASE_URL: url.href });
    expect((await send(`${gateway.url}/readyz`)).status).toBe(200);
    const callback = { ...fields('session-status'), sessionId: 'session-of-a-role' };
    expect((await postCallback(gateway.url, callback)).status).toBe(200);
    await gateway.terminate();
    await owner.unsafe(`drop owned by ${role}`);
  });

  it('a dump is put back under a running gateway, which notices', LONG, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'callboard-backup-'));
    const env = { DATABASE_URL: database.url };
    const gateway = await spawnGateway(env);
    const report = (sessionId: string) =>
      postCallback(gateway.url, { ...fields('session-status'), sessionId, userId: 'anna' });
    const log = (after: string | null) => subscribeWs(gateway.url, { query: LOG, variables: { after } });
    const before = await log(null);
    await before.next();
    expect((await report('kept')).status).toBe(200);
    const kept = said(await before.next());
    await runToEnd(command('backup'), { env, cwd: folder });
    expect((await report('lost')).status).toBe(200);
    const lost = said(await before.next());
    expect(JSON.stringify(await sessionsAt(gateway.url))).toContain('lost');
    await runToEnd(command('restore'), { env, cwd: folder });
    const sessions = () => sessionsAt(gateway.url).then((json) => JSON.stringify(json));
    await expect.poll(sessions, { timeout: 20_000 }).toContain('kept');
    expect(await sessions()).not.toContain('lost');
    await expect.poll(() => gateway.output(), { timeout: 20_000 }).toContain('restored or recomputed');

    const [ofKept, ofLost] = [await log(kept.cursor), await log(lost.cursor)];
    expect(said(await ofLost.next())).toMatchObject({ recovered: false, callback: null });
    // The writer's connection finds out by a batch that fails: as the aggregator does, this one is sent again.
    await expect.poll(async () => (await report('later')).status, { timeout: 20_000 }).toBe(200);
    const [afterKept, afterLost] = [said(await ofKept.next()), said(await ofLost.next())];
    expect(afterKept).toMatchObject({ recovered: true });
    expect(afterKept.callback).toEqual(afterLost.callback);
    expect(Number(afterKept.callback.position)).toBe(Number(kept.callback.position) + 1);
    await gateway.terminate();
    await rm(folder, { recursive: true, force: true });
  });
});

describe('.gitignore', () => {
  it('keeps the files that these commands make out of the repository', async () => {
    const ignored = (await readFile(`${ROOT}.gitignore`, 'utf8')).split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', 'data/']));
  });
});
