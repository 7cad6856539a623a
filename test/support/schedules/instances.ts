import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { send } from '../clients/client.ts';
import { type SpawnedGateway, spawnGateway } from '../gateways/gateway.ts';
import { productionEnv } from '../gateways/production.ts';

const PRELOAD = fileURLToPath(new URL('../gateways/skewed-clock.mjs', import.meta.url));
const HOUR_MS = 3_600_000;
/** Longer than any run of schedules, shorter than a clock is put off: no restart, unless by a clock. */
const RESTART_QUIET_MS = 2_400_000;

/** The instances of one store, each in a process of its own, which a supervisor starts again. */
export interface Instances {
  /** Where an instance is, or was last. */
  url(n: number): string;
  /** SIGKILL, and started again. Resolves when it listens. */
  killAndStart(n: number): Promise<void>;
  freeze(n: number, forMs: number): Promise<void>;
  /** Puts the clock an hour off: the first ahead, the second behind. */
  putClockOff(n: number): Promise<void>;
  /** Resolves when all say that they are ready. */
  ready(withinMs: number): Promise<void>;
  /** Instances that ended though nobody killed them, with all that they wrote. */
  readonly fallen: readonly string[];
  /** What each has written since it was started last. */
  output(): string;
  close(): Promise<void>;
}

/** Starts one instance for each address of the store. */
export async function startInstances(databaseUrls: readonly string[]): Promise<Instances> {
  const running: SpawnedGateway[] = [];
  const fallen: string[] = [];
  /** One thing at a time is done to the process of an instance. */
  const busy = databaseUrls.map(() => Promise.resolve());
  const meant = new Set<SpawnedGateway>();

  const start = async (n: number): Promise<void> => {
    const env = {
      ...productionEnv,
      JWT_PAYMENT_USER_CLAIM: 'payer',
      DATABASE_URL: databaseUrls[n] ?? '',
      LOG_LEVEL: 'info',
      RESTART_QUIET_MS: String(RESTART_QUIET_MS),
      NODE_OPTIONS: `--import ${PRELOAD}`,
      SKEW_AFTER_SIGNAL_MS: String(n === 0 ? HOUR_MS : -HOUR_MS),
    };
    const gateway = await startedAtLast(env);
    running[n] = gateway;
    void gateway.exited.then(() => {
      if (!meant.has(gateway)) fallen.push(`instance ${n} ended:\n${gateway.output()}`);
    });
  };
  const of = (n: number): SpawnedGateway => {
    const gateway = running[n];
    if (gateway === undefined) throw new Error('no such instance');
    return gateway;
  };
  const inTurn = (n: number, run: () => Promise<void>): Promise<void> => {
    const turn = (busy[n] ?? Promise.resolve()).then(run);
    busy[n] = turn.catch(() => {});
    return turn;
  };
  await Promise.all(databaseUrls.map((_, n) => start(n)));

  return {
    fallen,
    url: (n) => of(n % databaseUrls.length).url,
    output: () => running.map((gateway, n) => `--- instance ${n}\n${gateway.output()}`).join('\n'),
    killAndStart: (n) =>
      inTurn(n, async () => {
        meant.add(of(n));
        await of(n).kill();
        await start(n);
      }),
    freeze: (n, forMs) =>
      inTurn(n, async () => {
        const { pid } = of(n);
        process.kill(pid, 'SIGSTOP');
        await pause(forMs);
        process.kill(pid, 'SIGCONT');
      }),
    putClockOff: (n) =>
      inTurn(n, async () => {
        process.kill(of(n).pid, 'SIGUSR2');
      }),
    async ready(withinMs) {
      const late = performance.now() + withinMs;
      for (const { url, output } of running) {
        while ((await statusOf(`${url}/readyz`)) !== 200) {
          if (performance.now() > late) throw new Error(`not ready again:\n${output()}`);
          await pause(20);
        }
      }
    },
    async close() {
      for (const gateway of running) meant.add(gateway);
      await Promise.all(running.map((gateway) => gateway.kill()));
    },
  };
}

const statusOf = (url: string): Promise<number | null> =>
  send(url).then(
    ({ status }) => status,
    () => null,
  );

/** As a supervisor does: it starts it again where it ends, as where its database is gone. */
async function startedAtLast(env: Readonly<Record<string, string>>): Promise<SpawnedGateway> {
  const late = performance.now() + 30_000;
  for (;;) {
    try {
      return await spawnGateway(env, 30_000);
    } catch (error) {
      if (performance.now() > late) throw error;
      await pause(200);
    }
  }
}
