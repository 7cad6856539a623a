import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { postCallback, query } from '../support/clients/client.ts';
import { closeLater } from '../support/closing.ts';
import { built, runToExit, spawnGateway } from '../support/gateways/gateway.ts';

const MAX_MIB = 250;
/** The parser's, in WebAssembly; no other function is that large. */
const PARSER_BYTES = 100_000;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('a first start on PGlite', () => {
  it.skipIf(process.platform !== 'linux')(
    'holds at most 250 MiB at its peak, and so does the second',
    async () => {
      const dataDir = join(await newFolder(), 'made-by-the-gateway');
      for (const start of ['first', 'second']) {
        const gateway = await spawnGateway({ DATA_DIR: dataDir });
        expect((await postCallback(gateway.url, fields('session-status'))).status).toBe(200);
        expect(await sessionsOf(gateway.url)).toHaveLength(1);
        const { VmHWM, VmRSS } = await memoryOf(gateway.pid);
        await gateway.terminate();
        expect(VmHWM, `${start} start, peak`).toBeLessThan(MAX_MIB);
        expect(VmRSS, `${start} start`).toBeLessThan(MAX_MIB);
      }
    },
  );

  it("leaves PostgreSQL's parser unoptimized, which would take 600 MiB on some versions of V8", async () => {
    const gateway = await spawnGateway({ DATA_DIR: await newFolder() }, 20_000, built('main'), [
      '--trace-wasm-compilation-times',
    ]);
    const optimized = () =>
      [...gateway.output().matchAll(/ using TurboFan,.* bodysize (\d+) /g)].map(([, bytes]) => Number(bytes));
    // Statements enough that the functions that each of them runs are optimized: the parser would be the first.
    while (optimized().length < 20) expect(await sessionsOf(gateway.url)).toHaveLength(0);
    await gateway.terminate();
    expect(Math.max(...optimized())).toBeLessThan(PARSER_BYTES);
  });

  it('that is killed at any moment leaves a folder in which the next one begins', async () => {
    const dataDir = await newFolder();
    const starting = spawn(process.execPath, ['dist/main.js'], {
      cwd: ROOT,
      env: { PORT: '0', DATA_DIR: dataDir },
      stdio: 'ignore',
    });
    const exited = once(starting, 'exit');
    closeLater(async () => {
      starting.kill('SIGKILL');
      await exited;
    });
    while (!existsSync(join(dataDir, 'callboard-unfinished', 'global'))) await pause(1);
    starting.kill('SIGKILL');
    await exited;
    expect(await readdir(dataDir)).toEqual(['callboard-unfinished']);

    const second = await spawnGateway({ DATA_DIR: dataDir });
    expect((await postCallback(second.url, fields('session-status'))).status).toBe(200);
    await second.terminate();
    const whole = await readdir(dataDir);
    expect(whole).not.toContain('callboard-unfinished');

    // As it is left by a start that was killed while it moved a whole data folder to its place.
    await mkdir(join(dataDir, 'callboard-whole'));
    for (const name of ['base', 'pg_wal', 'PG_VERSION'])
      await rename(join(dataDir, name), join(dataDir, 'callboard-whole', name));
    const third = await spawnGateway({ DATA_DIR: dataDir });
    expect(await sessionsOf(third.url)).toHaveLength(1);
    await third.terminate();
    expect(await readdir(dataDir)).toEqual(whole);
  });

  it('replaces nothing in a folder that holds something else, and names it', async () => {
    const dataDir = await newFolder();
    await writeFile(join(dataDir, 'base'), 'not ours');
    const { code, output } = await runToExit({ PORT: '0', DATA_DIR: dataDir });
    expect(code).toBe(1);
    expect(output).toBe(
      `callboard: ${dataDir} holds "base" but no store: set DATA_DIR to an empty folder, or to one that does not exist\n`,
    );
    expect(await readdir(dataDir)).toEqual(['base']);
  });

  it('without a prepared store of its own migrations makes one, migrates it, and says so', async () => {
    // The same build with one more migration than the prepared store beside it has.
    const built = await newFolder();
    await cp(join(ROOT, 'dist'), join(built, 'dist'), { recursive: true });
    await cp(join(ROOT, 'drizzle'), join(built, 'drizzle'), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(built, 'node_modules'));
    await cp(join(ROOT, 'package.json'), join(built, 'package.json'));
    const later = join(built, 'drizzle', '29991231235959_later');
    await mkdir(later);
    await writeFile(join(later, 'migration.sql'), 'alter table "banks" rename to "elsewhere";');

    const gateway = await spawnGateway({ DATA_DIR: 'memory' }, 25_000, join(built, 'dist', 'main.js'));
    expect(gateway.output()).toContain('npm run build');
    // Its migration was applied: what needs the table under its old name fails.
    expect((await postCallback(gateway.url, fields('session-status'))).status).not.toBe(200);
    await gateway.terminate();
  });
});

async function sessionsOf(url: string): Promise<unknown[]> {
  const { json } = await query(url, '{ sessions { edges { node { id } } } }');
  const found = /\{"node":\{"id":"[^"]+"\}\}/g;
  return JSON.stringify(json).match(found) ?? [];
}

/** Removed after the suite. */
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'callboard-first-'));
  closeLater(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What the kernel counts of a process, in MiB. */
async function memoryOf(pid: number): Promise<{ VmHWM: number; VmRSS: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { VmHWM: mib('VmHWM'), VmRSS: mib('VmRSS') };
}
