import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type CommandEnd, startCallboard } from '../support/clients/command.ts';
import { closeLater } from '../support/closing.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { productionEnv } from '../support/gateways/production.ts';
import { emptyStore } from '../support/stores/empty-store.ts';
import { eachStore } from '../support/stores/stores.ts';
import { tempFolder } from '../support/stores/temp-folder.ts';

const doctor = (env: Readonly<Record<string, string>>, folder?: string): Promise<CommandEnd> =>
  startCallboard(['doctor'], env, folder).ended;

eachStore('callboard doctor', (on) => {
  it('ends with 0 where all is well, and prints no secret', async () => {
    const config = on.kind === 'pglite' ? { dataDir: await emptyStore() } : on.config();
    await (await startGateway(config)).close();
    const store: Record<string, string> =
      'dataDir' in config && on.kind === 'pglite' ? { DATA_DIR: config.dataDir } : on.env();
    const secrets = {
      METRICS_TOKEN: 'CANARY-metrics-token-CANARY-metrics',
      JWT_SECRETS: 'CANARY-jwt-secret-of-enough-bytes-CANARY',
    };
    const { code, stdout } = await doctor({
      ...store,
      ...secrets,
      CALLBACK_HEADER_SECRETS: 'CANARY-header-secret',
    });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/ok {4}store: .* opens, and is migrated/)]);
    expect(stdout).not.toContain('CANARY');
  });
});

it('names every fault of the configuration at once, and ends with 1', async () => {
  const { code, stdout } = await doctor({ MODE: 'production', PORT: 'x', RESTART_QUIET_MS: '-1' });
  expect(code).toBe(1);
  for (const variable of ['PORT', 'RESTART_QUIET_MS', 'DATABASE_URL']) {
    expect(stdout).toMatch(new RegExp(`FAULT ${variable}: `));
  }
});

it('reads .env as the gateway does, and names what is almost a variable', async () => {
  const folder = await tempFolder();
  await writeFile(join(folder, '.env'), 'RESTART_QUIET_MS=x\n');
  expect(await doctor({}, folder)).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^FAULT RESTART_QUIET_MS: /),
  });
  await writeFile(join(folder, '.env'), 'a line\n');
  expect((await doctor({}, folder)).stdout).toMatch(/^FAULT \.env, line 1: /);
  await writeFile(join(folder, '.env'), `DATABSE_URL=x\nDATA_DIR=memory\n`);
  const { code, stdout } = await doctor({ NODE: '/usr/bin/node' }, folder);
  expect(code).toBe(0);
  expect(stdout).toContain('note  DATABSE_URL: is not read; the nearest variable is DATABASE_URL\n');
  expect(stdout.match(/is not read/g)).toHaveLength(1);
});

it('says that a store does not answer, and which, without its password', async () => {
  const url = 'postgres://someone:CANARY@127.0.0.1:1/somewhere';
  const { code, stdout } = await doctor({ DATABASE_URL: url });
  expect([code, stdout]).toEqual([1, expect.stringMatching(/FAULT store: .*127\.0\.0\.1:1/)]);
  expect(stdout).not.toContain('CANARY');
});

it('says why the key set cannot be fetched', async () => {
  const server = createServer((_, res) => res.end('{"keys":[]}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closeLater(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { JWT_SECRETS: _, JWT_ALGORITHMS: __, ...production } = productionEnv;
  const env = { ...production, MODE: 'explore', DATA_DIR: await tempFolder() };
  const { code, stdout } = await doctor({ ...env, JWT_JWKS_URL: `http://127.0.0.1:${port}/keys` });
  expect([code, stdout]).toEqual([
    1,
    expect.stringContaining('FAULT viewers: the key set of JWT_JWKS_URL cannot be fetched'),
  ]);
  expect(stdout).toMatch(/note {2}store: PGlite in .* is not migrated; the gateway does it/);
});
