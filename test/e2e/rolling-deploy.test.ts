import { afterEach, describe, expect, inject, it } from 'vitest';
import { LiveReader, type LiveRequest } from '../support/clients/live-reader.ts';
import { keepReading, readersReach } from '../support/clients/returning-reader.ts';
import { startTrickle, type TrickleCounts, type TrickleRates } from '../support/clients/trickle.ts';
import { closeAll } from '../support/closing.ts';
import { type Haproxy, NO_HAPROXY, startHaproxy } from '../support/container/haproxy.ts';
import { type SpawnedGateway, spawnGateway } from '../support/gateways/gateway.ts';
import { LONG } from '../support/long.ts';
import { makeDatabase } from '../support/stores/stores.ts';

interface Deploy {
  readonly lameDuckMs: number;
  readonly drainMs: number;
  /** As ops/haproxy.cfg has them, or none at all. */
  readonly retries: 'shipped' | 'none';
  readonly sockets: number;
  readonly streams: number;
  readonly rates: TrickleRates;
}

const SLOW = { changes: 4, repeats: 40, queries: 5 };
const FULL = { drainMs: 5_000, sockets: 500, streams: 100, rates: SLOW };
const SHORT = { drainMs: 300, sockets: 12, streams: 4, rates: { ...SLOW, changes: 10 } };
const NAMES = ['gateway-1', 'gateway-2'] as const;
const CATCHES_UP_WITHIN_MS = 30_000;

const DEPLOYS: readonly Deploy[] = LONG
  ? [0, 5_000].flatMap((lameDuckMs) =>
      (['none', 'shipped'] as const).map((retries) => ({ ...FULL, lameDuckMs, retries })),
    )
  : [{ ...SHORT, lameDuckMs: 1_500, retries: 'none' }];

if (NO_HAPROXY !== null) process.stdout.write(`No rolling deploy is tested: ${NO_HAPROXY}.\n`);

describe.skipIf(NO_HAPROXY !== null || inject('postgresUrl') === null)(
  'two instances behind ops/haproxy.cfg, replaced one after the other',
  () => {
    afterEach(closeAll);

    it.each(DEPLOYS)(
      'LAME_DUCK_MS=$lameDuckMs, retries of the proxy: $retries: no subscriber loses anything, and each callback is answered',
      { timeout: LONG ? 180_000 : 40_000, retry: 0 },
      async (deploy) => {
        const { readers, sent, changes } = await inDatabase((databaseUrl) =>
          rollingDeploy(deploy, databaseUrl),
        );
        const { refused, queriesRefused } = print(deploy, readers, sent, changes);

        for (const reader of readers) expect(reader.failure).toBeNull();
        expect(lossesOf(readers, sent.recorded)).toEqual([]);
        // Every reader has changed over to another instance at least once.
        expect(Math.min(...readers.map(({ received }) => received.filter(resumed).length))).toBeGreaterThan(
          0,
        );

        const isServed = deploy.lameDuckMs > 0 || deploy.retries === 'shipped';
        if (isServed) expect({ refused, queriesRefused }).toEqual({ refused: 0, queriesRefused: 0 });
        // Where neither helps, some are refused: so these counts can be anything but 0.
        else expect(refused).toBeGreaterThan(0);
      },
    );
  },
);

async function inDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const database = await makeDatabase(inject('postgresUrl') ?? '', inject('postgresTemplate'));
  try {
    return await work(database.url);
  } finally {
    await closeAll();
    await database.drop();
  }
}

async function rollingDeploy(deploy: Deploy, databaseUrl: string) {
  const { lameDuckMs, drainMs, retries } = deploy;
  const env = { DATABASE_URL: databaseUrl, LAME_DUCK_MS: String(lameDuckMs), DRAIN_MS: String(drainMs) };
  const gateways = new Map<string, SpawnedGateway>();
  for (const name of NAMES) gateways.set(name, await spawnGateway(env));
  const addresses = Object.fromEntries([...gateways].map(([name, { url }]) => [name, url]));
  const proxy = await startHaproxy(addresses, (config) => {
    const timed = LONG ? config : config.replace('inter 1s', 'inter 200ms');
    return retries === 'shipped'
      ? timed
      : timed.replaceAll(/^ *(retries|retry-on|option redispatch) .*$/gm, '');
  });

  const readers = [...readersOf('ws', deploy.sockets), ...readersOf('sse', deploy.streams)];
  const returning = await Promise.all(readers.map((reader) => keepReading(reader, [proxy.url], 0)));
  const trickle = startTrickle(proxy.url, deploy.rates);
  for (const [name, gateway] of gateways) await replace(name, gateway, proxy, env);
  const sent = await trickle.stop();
  await readersReach(readers, () => lossesOf(readers, sent.recorded).length === 0, CATCHES_UP_WITHIN_MS);
  await Promise.all(returning.map((one) => one.stop()));
  return { readers, sent, changes: proxy.changes() };
}

/** SIGTERM, and a new process on the same port; resolves when the proxy sends to it. */
async function replace(
  name: string,
  gateway: SpawnedGateway,
  proxy: Haproxy,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  expect(await gateway.terminate()).toEqual({ code: 0, signal: null });
  await spawnGateway({ ...env, PORT: new URL(gateway.url).port });
  await proxy.becomes('UP', name);
}

/** One half follows the log, row by row; the other half follows all sessions. */
const readersOf = (wire: 'ws' | 'sse', count: number): readonly LiveReader[] =>
  Array.from({ length: count }, (_, index) => {
    const request: LiveRequest = index % 2 === 0 ? { of: 'log' } : { of: 'sessions', filter: {} };
    return new LiveReader(request, wire, index % 4 < 2);
  });

const resumed = ({ isResumed }: { readonly isResumed: boolean }): boolean => isResumed;

/**
 * What readers miss of `count` recorded callbacks. Who follows the log has each position once, in order; who follows
 * sessions has no version after a later one, and has seen the newest position.
 */
function lossesOf(readers: readonly LiveReader[], count: number): readonly string[] {
  const all = Array.from({ length: count }, (_, index) => index + 1).join();
  return readers.flatMap(({ request, received, wire }, index) => {
    if (request.of === 'log') {
      const rows = received.flatMap(({ row }) => (row === null ? [] : [row]));
      return rows.join() === all ? [] : [`${wire} ${index}: rows ${rows.join()}`];
    }
    const versions = new Map<string, number>();
    for (const { session } of received) {
      if (session === null) continue;
      if (session.version < (versions.get(session.sessionId) ?? 0)) return [`${wire} ${index}: went back`];
      versions.set(session.sessionId, session.version);
    }
    const total = [...versions.values()].reduce((sum, version) => sum + version, 0);
    return total === count ? [] : [`${wire} ${index}: ${total} versions of ${count}`];
  });
}

function print(
  deploy: Deploy,
  readers: readonly LiveReader[],
  { callbacks, queries, recorded }: TrickleCounts,
  changes: readonly string[],
) {
  const total = (answers: Readonly<Record<string, number>>) =>
    Object.values(answers).reduce((sum, count) => sum + count, 0);
  const refusedOf = (answers: Readonly<Record<string, number>>) => total(answers) - (answers['200'] ?? 0);
  const [refused, queriesRefused] = [refusedOf(callbacks), refusedOf(queries)];
  process.stdout.write(
    `${[
      `LAME_DUCK_MS=${deploy.lameDuckMs} DRAIN_MS=${deploy.drainMs} retries=${deploy.retries}:`,
      `${deploy.sockets} WebSockets, ${deploy.streams} streams, ${recorded} callbacks recorded,`,
      `${lossesOf(readers, recorded).length} readers with a loss,`,
      `${readers.reduce((sum, { received }) => sum + received.filter(resumed).length, 0)} resumed;`,
      `callbacks not answered 200: ${refused} of ${total(callbacks)} ${JSON.stringify(callbacks)};`,
      `queries: ${queriesRefused} of ${total(queries)} ${JSON.stringify(queries)};`,
      `the proxy found: ${changes.join(', ')}`,
    ].join(' ')}\n`,
  );
  return { refused, queriesRefused };
}
