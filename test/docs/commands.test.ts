import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_VARIABLES } from '../src/config/variables.ts';
import { type AsyncQueue, createAsyncQueue } from './support/clients/async-queue.ts';
import { at } from './support/clients/client.ts';
import { closeLater } from './support/closing.ts';
import { FENCES, README, shell } from './support/readme.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** `npm start` builds first, and PGlite makes its folder. */
const START_MS = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callboard-readme-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a line as a person's shell does, in a process group of its own. */
function run(line: string): {
  child: ChildProcess;
  lines: AsyncQueue<string>;
  exited: Promise<number | null>;
} {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', PORT: '0', DATA_DIR: folder };
  const child = spawn('bash', ['-c', line], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createAsyncQueue<string>(line.slice(0, 40));
  createInterface({ input: child.stdout }).on('line', lines.push);
  const exited = once(child, 'close').then(([code]) => {
    lines.end('ended');
    return typeof code === 'number' ? code : null;
  });
  closeLater(async () => {
    interrupt(child, 'SIGKILL');
    await exited;
  });
  return { child, lines, exited };
}

/** Ctrl-C reaches the whole group of processes, npm and the gateway beneath it. */
function interrupt({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
}

async function start(): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const { child, lines, exited } = run('npm start');
  while (true) {
    const url = /"url":"(http[^"]+)"/.exec(await lines.next(START_MS))?.[1];
    if (url !== undefined) {
      return {
        url,
        stop() {
          interrupt(child, 'SIGINT');
          return exited;
        },
      };
    }
  }
}

const of = (url: string, block: string) => block.replaceAll('http://127.0.0.1:4000', url);

async function answer(line: string): Promise<unknown> {
  const { lines, exited } = run(`${line.trimEnd()} | tr -d '\\n'; echo`);
  const text = await lines.next(20_000);
  await exited;
  return JSON.parse(text);
}

describe('the first five minutes of the README', () => {
  it('go as they are told, and all is still there after a restart', { timeout: 180_000 }, async () => {
    const first = await start();
    const heard = run(of(first.url, shell('text/event-stream'))).lines;
    const nextData = async () => {
      while (true) {
        const line = await heard.next(20_000);
        if (line.startsWith('data: ')) return at(JSON.parse(line.slice(6)), 'data', 'sessionStatusChanged');
      }
    };
    expect(await nextData()).toEqual({ kind: 'SNAPSHOT', stage: null, session: null });

    const post = of(first.url, shell('/callbacks'));
    expect(await answer(post)).toEqual({ outcome: 'recorded', position: '1' });
    expect(await nextData()).toEqual({
      kind: 'STATUS',
      stage: { name: 'ACCOUNTS', status: 'IN_PROGRESS' },
      session: { outcome: 'PENDING', nextAction: 'WAIT', version: 1 },
    });
    expect(await answer(post)).toEqual({ outcome: 'repeated', position: '1' });

    const ask = shell('stages { name observed status }');
    const asked = await answer(of(first.url, ask));
    expect(at(asked, 'data', 'session')).toMatchObject({ outcome: 'PENDING', bank: { bic: 'BPKOPLPW' } });
    const poll = shell('/api/session/status');
    expect(await answer(of(first.url, poll))).toMatchObject({ stage: 'Accounts', status: 'InProgress' });
    await first.stop();

    const second = await start();
    expect(await answer(of(second.url, ask))).toEqual(asked);
    await second.stop();
  });

  it('end with replay and rebuild over the stopped store', { timeout: 120_000 }, async () => {
    const { lines, exited } = run(shell('npm run replay'));
    const said: string[] = [];
    while (said.at(-1)?.includes('differed') !== true) said.push(await lines.next(START_MS));
    expect(said).toContain('0 applied, 0 found recorded already, 0 still in quarantine.');
    expect(said).toContain('1 callbacks folded; 0 sessions and 0 payments differed and were put right.');
    expect(await exited).toBe(0);
  });
});

describe('the README', () => {
  it('has no command that no test runs', () => {
    // Run by CI itself, in a fresh clone: the two commands of the first screen, and those for developers.
    const byCi = [shell('npm ci'), shell('npm test')];
    const here = [
      shell('text/event-stream'),
      shell('/callbacks'),
      shell('stages { name'),
      shell('/api/session'),
      shell('npm run replay'),
    ];
    const commands = FENCES.filter(({ language }) => language === 'sh').map(({ code }) => code);
    expect(new Set(commands)).toEqual(new Set([...byCi, ...here]));
  });

  it('has no recipe that no test runs', () => {
    const recipes = FENCES.filter(({ language }) => language === 'js').map(({ recipe }) => recipe);
    expect(recipes).toEqual(['graphql-ws', 'resuming', 'graphql-sse', 'eventsource', 'refresh']);
  });

  it('names every variable but the limits, and no other', () => {
    const section = README.slice(README.indexOf('## Configuration'), README.indexOf('## Security'));
    const named = new Set([...section.matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, name]) => name));
    const known = CONFIG_VARIABLES.filter((name) => !name.endsWith('_FILE') && !name.startsWith('LIMIT_'));
    expect([...named].filter((name) => name !== 'NAME_FILE' && name !== 'SUCCEEDED').sort()).toEqual(
      [...known].sort(),
    );
  });
});
