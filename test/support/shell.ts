import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type AsyncQueue, createAsyncQueue } from './clients/async-queue.ts';
import { closeLater } from './closing.ts';
import { ROOT } from './documents.ts';

/** The environment of a command, in addition to PATH and HOME. */
export interface ShellOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The package's folder, unless another is named. */
  readonly cwd?: string;
}

/** A command that runs as a person's shell runs it, in a process group of its own. */
export interface ShellCommand {
  /** Lines of its standard output. */
  readonly lines: AsyncQueue<string>;
  /** Its exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Ctrl-C reaches the whole group: npm, and what runs beneath it. */
  interrupt(): void;
}

/** Runs a block of a page by bash, which ends it at the first command that fails. */
export function runShell(block: string, { env = {}, cwd = ROOT }: ShellOptions = {}): ShellCommand {
  const child = spawn('bash', ['-ec', block], {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createAsyncQueue<string>(block.slice(0, 40));
  createInterface({ input: child.stdout }).on('line', lines.push);
  const exited = once(child, 'close').then(([code]) => {
    lines.end('ended');
    return typeof code === 'number' ? code : null;
  });
  closeLater(async () => {
    signalGroup(child, 'SIGKILL');
    await exited;
  });
  return { lines, exited, interrupt: () => signalGroup(child, 'SIGINT') };
}

function signalGroup({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
}

/** Runs a block to its end; gives the lines that it printed. Throws where it fails. */
export async function runToEnd(block: string, options?: ShellOptions): Promise<readonly string[]> {
  const { lines, exited } = runShell(block, options);
  const code = await exited;
  const printed: string[] = [];
  while (lines.size > 0) printed.push(await lines.next());
  if (code !== 0) throw new Error(`${block}\nended with ${code}:\n${printed.join('\n')}`);
  return printed;
}

/** Runs a block that starts a gateway; resolves with its address once it listens. */
export async function startByShell(
  block: string,
  options: ShellOptions,
  withinMs: number,
): Promise<{ readonly url: string; stop(): Promise<number | null> }> {
  const { lines, exited, interrupt } = runShell(block, options);
  while (true) {
    const url = /"url":"(http[^"]+)"/.exec(await lines.next(withinMs))?.[1];
    if (url === undefined) continue;
    return {
      url,
      stop() {
        interrupt();
        return exited;
      },
    };
  }
}
