import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scenario } from '../simulator/scenario/scenario.ts';
import { simulate } from '../simulator/simulation.ts';
import { type DemoServer, startDemoServer } from './demo-server.ts';
import { startGatewayProcess } from './gateway-process.ts';
import { createShow } from './show.ts';

/** A gateway, an aggregator and a page to disturb them: everything ends with `close`. */
export interface Demo {
  /** Of the page. */
  readonly url: string;
  readonly graphiqlUrl: string;
  /** Resolves when nothing is left: no process and no file. */
  close(): Promise<void>;
}

export interface DemoOptions {
  /** The script of `callboard`. */
  readonly program: string;
  /** The search path of the gateway's process. */
  readonly path: string;
  readonly port: number;
  readonly seed: number;
  readonly speed: number;
  /** What the simulated aggregator plays beside the page's connection, so that GraphiQL has something to show. */
  readonly scenarios: readonly Scenario[];
}

/** Short, so that a restart is seen at once. */
const RESTART_QUIET_MS = 500;
const BACKGROUND_SESSIONS = 200;

/** @throws Error where the gateway does not start or the port is taken; then nothing is left either */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { program, path, port, seed, speed, scenarios } = options;
  const folder = await mkdtemp(join(tmpdir(), 'callboard-demo-'));
  const stop = new AbortController();
  // Every callback on its way listens to it.
  setMaxListeners(0, stop.signal);
  const remove = () => rm(folder, { recursive: true, force: true });
  let close = remove;
  try {
    let server: DemoServer | null = null;
    const publish = () => server?.publish();
    const gateway = await startGatewayProcess({
      ...{ program, folder, onChange: publish },
      env: {
        PATH: path,
        DATA_DIR: join(folder, 'store'),
        RESTART_QUIET_MS: String(RESTART_QUIET_MS),
        DRAIN_MS: '0',
      },
    });
    close = async () => {
      stop.abort(new Error('the demo has ended'));
      await Promise.all([server?.close(), gateway.close()]);
      await remove();
    };
    const { url } = gateway;
    const { signal } = stop;
    const show = createShow({
      ...{ url, seed, speed, signal, restartQuietMs: RESTART_QUIET_MS, onChange: publish },
    });
    // The connection begins when somebody looks: it is over in a quarter of a minute.
    const onFirstPage = () => void show.run().catch(() => {});
    server = await startDemoServer({ port, gateway, show: () => show, onFirstPage });
    void simulate({
      ...{ url, seed, speed, scenarios, signal, restartQuietMs: RESTART_QUIET_MS },
      ...{ sessions: BACKGROUND_SESSIONS, rate: 10, serve: null, settleMs: 0, token: null },
      proof: { kind: 'none' },
    }).catch(() => {});
    return { url: `${server.url}/demo`, graphiqlUrl: `${server.url}/graphql`, close };
  } catch (error) {
    await close();
    throw error;
  }
}
