import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { freePort } from '../support/stores/cluster.ts';
import type { BenchStore } from './bench-store.ts';

/** The benchmark's programs lie in a folder of node_modules: see scripts/bench.mjs. */
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const MEMORY = new URL('./gateway-memory.js', import.meta.url).href;

const READY_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 5;
const MIB = 1_048_576;

/** A gateway as people run it, in a process of its own. */
export interface BenchGateway {
  /** Without a slash at its end. */
  readonly url: string;
  readonly pid: number;
  /** From the start of its process until `/readyz` was answered 200. */
  readonly readyMs: number;
  /** What lives after garbage was collected. Only of a gateway that was started with `showMemory`. */
  memory(): Promise<{ readonly heapMiB: number; readonly residentMiB: number }>;
  /** Ends it at once, or with SIGTERM as an operator does. */
  end(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

const Memory = z.object({ heapBytes: z.number(), rssBytes: z.number() });

/** Starts a gateway on this store; resolves when it is ready. It logs warnings alone, and they are shown. */
export async function startGateway(
  store: BenchStore,
  { showMemory = false }: { readonly showMemory?: boolean } = {},
): Promise<BenchGateway> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  const child = spawn(process.execPath, [...(showMemory ? ['--expose-gc', '--import', MEMORY] : []), MAIN], {
    // A folder without a .env: a developer's own must not decide what is measured.
    cwd: tmpdir(),
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      PORT: String(port),
      LOG_LEVEL: 'error',
      DRAIN_MS: '0',
      ...store.env,
    },
    stdio: ['ignore', 'inherit', 'inherit', showMemory ? 'ipc' : 'ignore'],
  });
  const exited = once(child, 'exit');
  const end = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal);
    await exited;
  };
  while (!(await isReady(url))) {
    const late = performance.now() - began > READY_WITHIN_MS;
    if (late) await end();
    if (child.exitCode !== null || late) throw new Error('the gateway did not start');
    await pause(ASK_EVERY_MS);
  }
  return {
    url,
    pid: child.pid ?? -1,
    readyMs: performance.now() - began,
    async memory() {
      child.send('collect');
      const [message] = await once(child, 'message');
      const { heapBytes, rssBytes } = Memory.parse(message);
      return { heapMiB: heapBytes / MIB, residentMiB: rssBytes / MIB };
    },
    end,
  };
}

function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(`${url}/readyz`, { agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode === 200));
    }).once('error', () => resolve(false));
  });
}
