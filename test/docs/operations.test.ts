import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { fields } from '../support/builders/samples.ts';
import { postCallback, query, send } from '../support/clients/client.ts';
import { closeAll, closeLater } from '../support/closing.ts';
import { command, ROOT } from '../support/documents.ts';
import { spawnGateway } from '../support/gateways/gateway.ts';
import { runToEnd, startByShell } from '../support/shell.ts';
import { copyFolder } from '../support/stores/copy-folder.ts';
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
    folder = await mkdtemp(join(tmpdir(), 'callboard-operations-'));
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
    expect((await report('kept')).status).toBe(200);
    await runToEnd(command('backup'), { env, cwd: folder });
    expect((await report('lost')).status).toBe(200);
    expect(JSON.stringify(await sessionsAt(gateway.url))).toContain('lost');
    await runToEnd(command('restore'), { env, cwd: folder });
    const sessions = () => sessionsAt(gateway.url).then((json) => JSON.stringify(json));
    await expect.poll(sessions, { timeout: 20_000 }).toContain('kept');
    expect(await sessions()).not.toContain('lost');
    await expect.poll(() => gateway.output(), { timeout: 20_000 }).toContain('restored or recomputed');
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
