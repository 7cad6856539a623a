import { chownSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { at, postCallback, query, send } from '../support/clients/client.ts';
import { closeAll } from '../support/closing.ts';
import { readDockerfile } from '../support/container/dockerfile.ts';
import { buildImage, type Image, NO_CONTAINER } from '../support/container/image.ts';
import { ROOT } from '../support/documents.ts';
import { CALLBACK_SECRET, productionEnv } from '../support/gateways/production.ts';
import { LONG } from '../support/long.ts';
import { freePort } from '../support/stores/cluster.ts';
import { makeDatabase } from '../support/stores/stores.ts';
import { tempFolder } from '../support/stores/temp-folder.ts';

const BUILDS_WITHIN_MS = 300_000;
const SESSIONS = '{ sessions { edges { node { sessionId } } } }';
const STOPS_AT_ONCE = { LAME_DUCK_MS: '0', DRAIN_MS: '0' };

describe('the Dockerfile', () => {
  const stages = readDockerfile(`${ROOT}Dockerfile`);
  const [image] = stages.slice(-1);

  it('pins the version of every base image', () => {
    expect(stages.length).toBeGreaterThan(1);
    for (const stage of stages) expect(stage.image).toMatch(/^node:\d+\.\d+\.\d+-[\w-]+$/);
  });

  it('ends in an image that runs node itself, as a user by number that is not root, until SIGTERM', () => {
    expect(image).toMatchObject({
      stopSignal: 'SIGTERM',
      entrypoint: ['node', 'dist/callboard.js'],
      cmd: ['start'],
    });
    expect(image?.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(image?.health[0]).toBe('node');
  });

  it('labels the image with the version and the licence of the package', () => {
    const { version, license } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    expect(image?.labels).toMatchObject({
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': license,
    });
  });
});

if (NO_CONTAINER !== null) process.stdout.write(`The image is not run: ${NO_CONTAINER}.\n`);

describe.skipIf(NO_CONTAINER !== null)('the image, built by hand and run on a read-only root', () => {
  let image: Image;
  beforeAll(async () => {
    image = await buildImage(LONG ? 'whole' : 'short');
  }, BUILDS_WITHIN_MS);
  afterAll(closeAll);

  const health = (env: Readonly<Record<string, string>>) => image.execute(image.stage.health, { env }).code;

  it('holds what runs and nothing else, and only the volume and /tmp can be written', () => {
    const words = String.raw`ls -A; find /app /data ! -type l \( -user 1000 -o -perm -o=w \); touch /tmp/x; touch /app/x; id -u`;
    const { output } = image.execute(['sh', '-c', words]);
    const there = ['LICENSE', 'dist', 'drizzle', 'node_modules', 'package.json', 'scenarios'];
    const refused = "touch: cannot touch '/app/x': Read-only file system";
    expect(output.trim().split('\n').sort()).toEqual([...there, '/data', refused, '1000'].sort());
  });

  it('names what production lacks, and ends with 1', async () => {
    const container = image.run(null);
    expect(await container.exited).toEqual({ code: 1, signal: null });
    expect(container.output()).toContain('MODE=production needs PostgreSQL');
  });

  it('in explore mode keeps what it records in the volume, over two containers', async () => {
    const port = String(await freePort());
    // A folder by its own name: the lock of a folder goes by its path, and the network is this machine's.
    const folder = { DATA_DIR: `/data/${port}` };
    const env = { ...STOPS_AT_ONCE, ...folder, MODE: 'explore', HOST: '127.0.0.1', PORT: port };
    const volume = await tempFolder();
    const [uid = 0, gid = 0] = image.stage.user.split(':').map(Number);
    chownSync(volume, uid, gid);
    const start = () => image.run(null, { env, mounts: { '/data': volume } });
    const first = start();
    expect((await postCallback(await first.url, fields('session-status'))).status).toBe(200);
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    const second = start();
    expect(at((await query(await second.url, SESSIONS)).data, 'sessions', 'edges')).toHaveLength(1);
    expect(await second.stop()).toEqual({ code: 0, signal: null });
  });

  describe.skipIf(inject('postgresUrl') === null)('in production', () => {
    it('migrates, is healthy while it runs, records, and ends with 0 at SIGTERM', async () => {
      const database = await makeDatabase(inject('postgresUrl') ?? '');
      try {
        const port = String(await freePort());
        const env = { ...productionEnv, ...STOPS_AT_ONCE, PORT: port, DATABASE_URL: database.url };
        const migrated = image.run(['migrate'], { env });
        expect((await migrated.exited).code).toBe(0);
        expect(migrated.output()).toContain('The store is migrated.');

        const gateway = image.run(null, { env: { ...env, MIGRATE: 'off' } });
        const url = await gateway.url;
        expect(health(env)).toBe(0);
        expect((await send(`${url}/readyz`)).status).toBe(200);
        const secret = { 'x-callback-secret': CALLBACK_SECRET };
        expect((await postCallback(url, fields('session-status'), secret)).status).toBe(200);
        expect(await gateway.stop()).toEqual({ code: 0, signal: null });
        expect(health(env)).toBe(1);
      } finally {
        await closeAll();
        await database.drop();
      }
    });
  });
});
