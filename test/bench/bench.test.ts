import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { quoted, ROOT, tableRows } from '../support/documents.ts';
import { PART_KINDS, PARTS, STORE_KINDS, type StoreKind } from './parts.ts';
import { readRun } from './run-file.ts';

/** Small enough for a test: no time that is measured in it counts for anything. */
const TINY = ['--sizes', '1000/20', '--seconds', '0.1'];
const TEST_MS = 180_000;

const server = inject('postgresUrl');
const stores: readonly StoreKind[] = server === null ? ['pglite'] : STORE_KINDS;
const onServer = server === null ? [] : ['--postgres', server];
const onStores = ['--store', stores.join(','), ...onServer];

let folder: string;
/** Of the run's figures; tables and plot differ in the ending. */
let path: string;
const page = (end: 'md' | 'svg') => readFile(path.replace(/json$/, end), 'utf8');

/** As `npm run bench -- …` does, after its build. Rejects where the exit code is not 0. */
function bench(...words: readonly string[]) {
  const env = { ...process.env, TMPDIR: join(folder, 'tmp') };
  return promisify(execFile)(process.execPath, ['scripts/bench.mjs', ...words], { cwd: ROOT, env });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callboard-bench-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Folders and databases that a run has made and not removed, though it has ended. */
async function leftBehind(pid: number | undefined): Promise<string[]> {
  const folders = await readdir(join(folder, 'tmp'));
  if (server === null) return folders;
  const sql = postgres(server, { max: 1 });
  try {
    const rows = await sql`select datname from pg_database where datname like ${`callboard_bench_${pid}_%`}`;
    return [...folders, ...rows.map(({ datname }) => String(datname))];
  } finally {
    await sql.end();
  }
}

/** What was measured, as `size part store`. */
const measured = async () =>
  (await readRun(path)).results.map(({ size, part, store }) => `${size} ${part} ${store}`);

describe('npm run bench', () => {
  let left: string[];
  beforeAll(async () => {
    await mkdir(join(folder, 'tmp'));
    const out = join(folder, 'out');
    const running = bench(...TINY, ...onStores, '--out', out);
    await running;
    path = join(out, (await readdir(out)).find((name) => name.endsWith('.json')) ?? '');
    left = await leftBehind(running.child.pid);
  }, TEST_MS);

  it('measures every figure of every part, callbacks and starts on each store', async () => {
    const { results } = await readRun(path);
    const expected = PARTS.flatMap((part) =>
      stores
        .filter((_, n) => n === 0 || PART_KINDS[part].on === 'each')
        .map((store) => `1000/20 ${part} ${store}`),
    );
    expect((await measured()).toSorted()).toEqual(expected.toSorted());
    for (const { part, store, figures } of results) {
      for (const { key } of PART_KINDS[part].figures) {
        // PGlite's processor time is the gateway's; only Linux says what a process uses.
        const isUnknown = store === 'pglite' && key === 'postgresUs';
        if (isUnknown || process.platform !== 'linux') continue;
        expect(figures[key], `${part} on ${store}: ${key}`).toEqual(expect.any(Number));
      }
      if ('lost' in figures) expect(figures.lost, `${part}: lost`).toBe(0);
    }
  });

  it('writes a table and a plot of them', async () => {
    const [markdown, svg] = [await page('md'), await page('svg')];
    expect(markdown).toContain('| | 1,000 sessions, 20 subscriptions |');
    for (const part of PARTS) {
      const [first] = PART_KINDS[part].figures;
      expect(markdown).toMatch(new RegExp(`^\\| ${first?.label} \\| -?[\\d,.]+`, 'm'));
      expect(svg).toContain(`>${first?.label}</text>`);
    }
  });

  it('leaves no database and no folder behind', () => {
    expect(left).toEqual([]);
  });

  it('adds to the file of another run, and compares with one', { timeout: TEST_MS }, async () => {
    const before = await measured();
    const [store = 'pglite'] = stores;
    const words = ['--parts', 'one', '--store', store, '--add-to', path, '--compare', path];
    await bench('--sizes', '1000/20,1000/10', '--seconds', '0.2', ...words, ...onServer);
    expect((await measured()).toSorted()).toEqual([...before, `1000/10 one ${store}`].toSorted());
    const { results } = await readRun(path);
    expect(results.find(({ size, part }) => size === '1000/20' && part === 'one')?.seconds).toBe(0.2);
    // The size that the earlier run does not have has no ratio.
    const [, compared = ''] = (await page('md')).split('## Compared');
    const label = `one session, queries a second${store === 'postgres' ? '' : ', PGlite'}`;
    const ratio = String.raw`[\d,]+ → [\d,]+ \([\d.]+ ×\)`;
    expect(compared).toMatch(new RegExp(String.raw`^\| ${label} \| \| ${ratio} \|$`, 'm'));
    expect(await page('svg')).toContain('pale: ');
  });

  it('ends at a signal with what it has, also where that comes twice', { timeout: TEST_MS }, async () => {
    const out = join(folder, 'stopped');
    const running = bench(...TINY, '--parts', 'idle,one,list', ...onStores, '--out', out);
    running.child.stderr?.once('data', () => {
      running.child.kill('SIGINT');
      running.child.kill('SIGINT');
    });
    await expect(running).rejects.toMatchObject({ code: 1 });
    expect(await leftBehind(running.child.pid)).toEqual([]);
    const [json = ''] = (await readdir(out)).filter((name) => name.endsWith('.json'));
    const { results } = await readRun(join(out, json));
    expect(results.map(({ part }) => part)).not.toContain('list');
    expect(results.map(({ part }) => part)).toContain('idle');
  });

  it.each([
    [['--parts', 'lost'], 'The nearest to lost is list.'],
    [['--sizes', '5'], 'A size is 1k, 10k, 100k, or such as 5000/200'],
    [['--seconds', '0'], 'It is a number of seconds, up to 600.'],
    [['--step', '1'], "unknown option '--step'"],
  ])('refuses %j, and says what it takes', async (words, reason) => {
    await expect(bench(...words)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(reason) });
  });
});

describe('docs/benchmarks.md', () => {
  const names = (heading: string) =>
    tableRows('docs/benchmarks.md', heading).flatMap(([name = '']) => quoted(name));

  it('names every part, and no other', () => {
    expect(names('## What is measured')).toEqual(PARTS);
  });

  it('names every option, and no other', async () => {
    const { stdout } = await bench('--help');
    const options = [...stdout.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option);
    expect(names('## Options').map((option) => option.split(' ')[0])).toEqual(options);
  });
});
