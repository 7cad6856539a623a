import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { type Config, readConfig } from '../../../src/config/config.ts';
import { createGateway } from '../../../src/gateway.ts';
import { closeLater } from '../closing.ts';
import { emptyStore } from '../stores/empty-store.ts';

/** A gateway in this process. */
export interface StartedGateway {
  /** Without a slash at its end. */
  readonly url: string;
  /** May be called more than once; otherwise it happens after the suite. */
  close(): Promise<void>;
}

/**
 * Starts a gateway in this process: on a free port, quiet, and by default on an empty PGlite of its own.
 */
export async function startGateway(
  overrides: Partial<Config> = {},
  ...parts: Tail<Parameters<typeof createGateway>>
): Promise<StartedGateway> {
  const quiet = { ...readConfig({ PORT: '0', DATA_DIR: 'memory', LOG_LEVEL: 'silent' }), ...overrides };
  const inMemory = quiet.databaseUrl === null && quiet.dataDir === 'memory';
  const config = inMemory ? { ...quiet, dataDir: await emptyStore() } : quiet;
  const gateway = await createGateway(config, ...parts);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing ??= gateway.close();
    await closing;
  };
  closeLater(close);
  return { url: gateway.url, close };
}

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : [];

/** How a process ended: one of the two is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A gateway in a process of its own, as people run it. */
export interface SpawnedGateway {
  readonly url: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Everything it has written so far. */
  output(): string;
  /** SIGTERM: the clean end. */
  terminate(): Promise<Exit>;
  /** SIGKILL: the power cut. */
  kill(): Promise<Exit>;
}

/** A program as the build makes it and people run it: `main`, `migrate`, … The tests' setup builds it first. */
export function built(program: string): string {
  return fileURLToPath(new URL(`../../../dist/${program}.js`, import.meta.url));
}

/** A program of the tests' own, by its name: see bundle.ts. */
export function ownProgram(name: string): string {
  return join(inject('programs'), `${name}.js`);
}

/**
 * Runs the gateway's `main.js` (or another script that logs its `url`) with only these variables, PATH and a free
 * port; resolves when it has logged its `url`. Throws with all that it has written when it ends before, or is not
 * ready in time.
 */
export async function spawnGateway(
  env: Readonly<Record<string, string>>,
  readyWithinMs = 20_000,
  script = built('main'),
  nodeOptions: readonly string[] = [],
): Promise<SpawnedGateway> {
  const { child, exited, output, url } = runMain({ PORT: '0', ...env }, script, nodeOptions);
  const late = AbortSignal.timeout(readyWithinMs);
  const end = async (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal);
    return exited;
  };
  closeLater(async () => {
    await end('SIGKILL');
  });
  const ready = await Promise.race([url, exited, once(late, 'abort')]);
  if (typeof ready !== 'string') {
    await end('SIGKILL');
    throw new Error(`the gateway ${late.aborted ? 'was not ready in time' : 'ended'}:\n${output()}`);
  }
  return {
    url: ready,
    pid: child.pid ?? -1,
    exited,
    output,
    terminate: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

/** Runs the gateway's `main.js` to its end: for configurations that must not start. */
export async function runToExit(
  env: Readonly<Record<string, string>>,
): Promise<Exit & { readonly output: string }> {
  const { child, exited, output } = runMain(env);
  closeLater(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return { ...(await exited), output: output() };
}

interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  /** The `url` of the first line of the log that has one; never settles without. */
  readonly url: Promise<string>;
  output(): string;
}

function runMain(
  env: Readonly<Record<string, string>>,
  script = built('main'),
  nodeOptions: readonly string[] = [],
): Run {
  const path = process.env.PATH ?? '';
  const child = spawn(process.execPath, [...nodeOptions, script], {
    // A folder without a .env: a developer's own must not decide what is tested.
    cwd: tmpdir(),
    env: { PATH: path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  const url = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      written += `${line}\n`;
      const found = /"url":"(http[^"]+)"/.exec(line)?.[1];
      if (found !== undefined) resolve(found.replace(/\/$/, ''));
    });
  });
  child.stderr.on('data', (chunk: Buffer) => {
    written += chunk.toString('utf8');
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return { child, exited, url, output: () => written };
}
