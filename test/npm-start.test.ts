import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { send } from './support/clients/client.ts';
import { closeLater } from './support/closing.ts';
import { LONG } from './support/long.ts';
import { emptyStore } from './support/stores/empty-store.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NEEDED = ['package.json', 'package-lock.json', 'tsconfig.json', 'scripts', 'src', 'dist', 'drizzle'];
const Lock = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });

/** `npm start` in a process group of its own, which ends with the suite at the latest. */
function npmStart(cwd: string, env: Record<string, string>) {
  const child = spawn('npm', ['start'], {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const url = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      output += `${line}\n`;
      const found = /"url":"(http[^"]+)"/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const exited = once(child, 'close').then(([code]) => Number(code));
  closeLater(async () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nobody of it is left.
    }
    await exited;
  });
  return { child, exited, url, output: () => output };
}

describe('npm start', () => {
  /** A tree as a server has it: built, and installed without what only developers need. */
  let tree: string;
  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'callboard-tree-'));
    for (const name of NEEDED) await cp(join(ROOT, name), join(tree, name), { recursive: true });
    if (LONG) {
      execFileSync('npm', ['ci', '--omit=dev', '--no-audit'], { cwd: tree, stdio: 'ignore' });
      return;
    }
    const { packages } = Lock.parse(JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')));
    for (const [path, { dev }] of Object.entries(packages)) {
      if (dev === true || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path)) continue;
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await symlink(join(ROOT, path), join(tree, path));
    }
  }, 180_000);
  afterAll(() => rm(tree, { recursive: true, force: true }));

  it('runs a built tree by its .env without development dependencies, and SIGTERM to npm ends the gateway', async () => {
    // The environment's PORT wins over that of the file.
    await writeFile(join(tree, '.env'), `PORT=1\nDATA_DIR=${await emptyStore()}\n`);
    const { child, exited, url, output } = npmStart(tree, {});
    const address = await Promise.race([url, exited.then(() => Promise.reject(new Error(output())))]);
    expect((await send(`${address}/readyz`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    // The pipe of the gateway has closed as well, or `close` would not have come: nobody is left.
    await expect(send(`${address}/healthz`)).rejects.toThrow();
    expect(output()).toContain('stopping');
  });

  it('says what to do where the sources have changed and there is no bundler', async () => {
    await appendFile(join(tree, 'src', 'main.ts'), '\n// changed\n');
    const { exited, output } = npmStart(tree, { DATA_DIR: 'memory' });
    expect(await exited).toBe(1);
    expect(output()).toContain('dist was made of other sources, and there is no bundler');
    expect(output()).toContain('npm ci && npm run build');
  });
});
