import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A gateway in a process of its own, at one address. Where its process ends, it is started again. */
export interface GatewayProcess {
  /** Without a slash at its end. */
  readonly url: string;
  readonly isUp: boolean;
  /** Resolves when it listens, or is closed. */
  ready(): Promise<void>;
  /** Ends its process at once, as a power cut does (SIGKILL). */
  kill(): void;
  /** Ends it for good, cleanly. */
  close(): Promise<void>;
}

export interface GatewayProcessOptions {
  /** The script of `callboard`. */
  readonly program: string;
  /** All variables that it gets, except PORT. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it runs, so that it reads no file of the user's folder. */
  readonly folder: string;
  /** Called when it has ended, and when it listens again. */
  readonly onChange: () => void;
}

/** Between its end and its next start, so that one that ends at once is not started without a pause. */
const PAUSE_MS = 50;
/** After SIGTERM; then it is killed. */
const ENDS_WITHIN_MS = 8_000;

/** @throws Error with what it printed, where the first start fails */
export async function startGatewayProcess(options: GatewayProcessOptions): Promise<GatewayProcess> {
  let run = spawnGateway(options, '0');
  const url = await run.listening;
  const { port } = new URL(url);
  let isUp = true;
  let isClosing = false;
  let again: NodeJS.Timeout | undefined;

  function restart(): void {
    run = spawnGateway(options, port);
    run.listening.then(
      () => {
        isUp = true;
        options.onChange();
      },
      () => {},
    );
    restartAtEnd();
  }
  function restartAtEnd(): void {
    void run.ended.then(() => {
      isUp = false;
      if (isClosing) return;
      options.onChange();
      again = setTimeout(restart, PAUSE_MS);
    });
  }
  restartAtEnd();

  return {
    url,
    get isUp() {
      return isUp;
    },
    async ready() {
      while (!isUp && !isClosing) {
        await run.listening.catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    kill() {
      run.child.kill('SIGKILL');
    },
    async close() {
      isClosing = true;
      clearTimeout(again);
      const { child, ended } = run;
      const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(late);
    },
  };
}

interface Run {
  readonly child: ChildProcess;
  /** Its address; rejects where it ends before. */
  readonly listening: Promise<string>;
  readonly ended: Promise<void>;
}

function spawnGateway({ program, env, folder }: GatewayProcessOptions, port: string): Run {
  const child = spawn(process.execPath, [program, 'start'], {
    cwd: folder,
    env: { ...env, PORT: port },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk.toString('utf8')}`.slice(-2_000);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const listening = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /"url":"(http[^"]+)"/.exec(line)?.[1];
      if (found !== undefined) resolve(found.replace(/\/$/, ''));
    });
    void ended.then(() => reject(new Error(`the gateway did not start: ${complaint}`)));
  });
  return { child, listening, ended };
}
