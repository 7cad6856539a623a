import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { closeLater } from '../closing.ts';
import { built } from '../gateways/gateway.ts';
import { type AsyncQueue, createAsyncQueue } from './async-queue.ts';

/** What a command that has ended printed. */
export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `callboard` while it runs. */
export interface RunningCommand {
  /** Lines of its standard error. */
  readonly lines: AsyncQueue<string>;
  readonly ended: Promise<CommandEnd>;
  readonly child: ChildProcess;
}

/** Starts `callboard` with these words, in a process of its own. */
export function startCallboard(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  // No .env lies there.
  cwd = tmpdir(),
): RunningCommand {
  const child = spawn(process.execPath, [built('callboard'), ...words], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      printed[name] += chunk.toString('utf8');
    });
  }
  const lines = createAsyncQueue<string>(words.join(' ').slice(0, 40));
  createInterface({ input: child.stderr }).on('line', lines.push);
  const ended = new Promise<CommandEnd>((resolve) => {
    child.once('close', (code) => {
      lines.end('ended');
      resolve({ code, ...printed });
    });
  });
  closeLater(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { lines, ended, child };
}

/** Runs it to its end. */
export const runCallboard = (...words: readonly string[]): Promise<CommandEnd> => startCallboard(words).ended;
