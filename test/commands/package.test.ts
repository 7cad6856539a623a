import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { send } from '../support/clients/client.ts';
import { ROOT } from '../support/documents.ts';
import { LONG } from '../support/long.ts';
import { runToEnd, startByShell } from '../support/shell.ts';

const Lock = z.object({
  packages: z.record(z.string(), z.object({ dev: z.boolean().optional(), engines: z.unknown().optional() })),
});
const WITHIN_MS = 120_000;

/** What `npm pack` makes, installed in an empty folder; the short form links the packages that npm would fetch. */
describe('the package', { timeout: WITHIN_MS }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callboard-package-'));
    const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
    const file = execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8' }).trim();
    if (LONG) {
      const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund', `./${file}`], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([0, '']);
      return;
    }
    const home = join(folder, 'node_modules', 'callboard');
    await mkdir(home, { recursive: true });
    execFileSync('tar', ['xf', file, '-C', home, '--strip-components=1'], { cwd: folder });
    const { packages } = Lock.parse(JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')));
    for (const [path, { dev }] of Object.entries(packages)) {
      if (dev === true || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path)) continue;
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await symlink(join(ROOT, path), join(folder, path));
    }
    await mkdir(join(folder, 'node_modules', '.bin'));
    await symlink('../callboard/dist/callboard.js', join(folder, 'node_modules', '.bin', 'callboard'));
    execFileSync('chmod', ['+x', join(home, 'dist', 'callboard.js')]);
  }, WITHIN_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds what runs and what is read, and nothing else', async () => {
    expect((await readdir(join(folder, 'node_modules', 'callboard'))).sort()).toEqual(
      ['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'package.json']
        .concat(['dist', 'docs', 'drizzle', 'scenarios'])
        .sort(),
    );
  });

  it('brings one package, so that an install is short and warns of nothing', async () => {
    const { packages } = Lock.parse(JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')));
    const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
    expect(installed).toEqual([
      ['node_modules/@electric-sql/pglite', { dev: undefined, engines: undefined }],
    ]);
  });

  it.runIf(LONG)('runs by npx from the file alone', async () => {
    const demo = await runToEnd(`npx --yes ./callboard-*.tgz demo --port 0 --seconds 1 2>&1`, {
      cwd: folder,
    });
    expect(demo).toEqual([
      expect.stringMatching(/^Open http:\S+\/demo:/),
      expect.stringMatching(/^GraphiQL: /),
      'Nothing is kept. Ctrl-C ends it.',
    ]);
  });

  it('starts a gateway with GraphiQL, and plays a scenario of the box against it', async () => {
    const env = { PORT: '0', DATA_DIR: 'memory', RESTART_QUIET_MS: '100' };
    const gateway = await startByShell('exec npx callboard', { cwd: folder, env }, WITHIN_MS);
    const page = await send(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } });
    const [, script = ''] = /src="([^"]+graphiql\.js)"/.exec(page.text) ?? [];
    expect((await send(gateway.url + script)).status).toBe(200);
    const words = '--scenario happy --sessions 2 --speed 0 --restart-quiet 100';
    const lines = await runToEnd(`npx callboard simulate --url ${gateway.url} ${words}`, { cwd: folder });
    expect(lines.at(-1)).toBe('compared: 2; 2 as expected, 0 different, 0 unknowable, 0 undelivered');
    expect(await runToEnd('npx callboard simulate --help', { cwd: folder })).toContain(
      'plays the aggregator against a gateway, and compares what it shows at the end',
    );
    await gateway.stop();
  });
});
