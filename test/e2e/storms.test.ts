import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { openFilesShortage } from '../../src/transport/http/open-files.ts';
import { type Crowd, type Durations, startCrowd } from '../support/clients/crowd.ts';
import { closeAll, closeLater } from '../support/closing.ts';
import { type SpawnedGateway, spawnGateway } from '../support/gateways/gateway.ts';
import { LONG, longOr } from '../support/long.ts';
import { eachStore, type TestStore } from '../support/stores/stores.ts';

const READERS = longOr(10_000, 200, 1_000);
const SECONDS = longOr(20, 1, 2);
/** Callbacks a second. PGlite computes in the gateway's own thread. */
const RATES = { postgres: longOr(2_000, 400, 1_000), pglite: longOr(1_000, 400) };
const CLIENTS = longOr(8_000, 200, 1_000);
const WITHIN_MS = longOr(60_000, 20_000);

/** The crowd and the gateway have an open file for each socket. */
const TOO_FEW_FILES = openFilesShortage({ connections: Math.max(READERS, CLIENTS) });

const shown = ({ count, p50, p99 }: Durations) =>
  `p50 ${p50?.toFixed(0)} ms, p99 ${p99?.toFixed(0)} ms (${count})`;

/** More than Node lets wait where nothing else is said. */
const AT_ONCE = 1_000;

test('a thousand clients that come while the gateway is busy wait, and none is put off', async ({ skip }) => {
  skip(systemQueue() < AT_ONCE, 'net.core.somaxconn is lower');
  const gateway = await spawnGateway({ DATA_DIR: 'memory' });
  closeLater(async () => {
    process.kill(gateway.pid, 'SIGCONT');
  });
  process.kill(gateway.pid, 'SIGSTOP');
  const port = Number(new URL(gateway.url).port);
  const sockets = Array.from({ length: AT_ONCE }, () => connect({ host: '127.0.0.1', port }));
  closeLater(async () => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
});

/** How many connections the system lets a listener leave waiting. */
function systemQueue(): number {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    return 0;
  }
}

eachStore('a crowd of readers, each of its own session', (store) => {
  afterEach(closeAll);

  test('each change reaches its reader once and in order', async (context) => {
    skipWithoutFiles(context);
    const crowd = await startCrowd();
    const { url } = await spawnGateway(store.env());
    expect(await crowd.open(url, READERS, WITHIN_MS)).toBe(0);
    const perSecond = RATES[store.kind];
    const callbacks = perSecond * SECONDS;
    const took = await crowd.change(url, callbacks, perSecond);
    expect(await crowd.upToDate(WITHIN_MS)).toBe(0);
    const { faults, latency, again } = await crowd.report();
    expect(faults).toEqual([]);
    expect(latency.count).toBe(callbacks);
    const rate = Math.round((callbacks / took) * 1_000);
    console.info(
      `${READERS} readers, ${rate} callbacks/s, from callback to reader: ${shown(latency)}, ${again} sent again`,
    );
  }, 180_000);

  test('an instance is killed and every session changes: all come back with their cursor and miss nothing', async (context) => {
    skipWithoutFiles(context);
    const crowd = await startCrowd();
    const instances = await startInstances(store);
    const [first] = instances;
    for (const { url } of instances)
      expect(await crowd.open(url, CLIENTS / instances.length, WITHIN_MS)).toBe(0);
    await crowd.change(first.url, CLIENTS);
    expect(await crowd.upToDate(WITHIN_MS)).toBe(0);
    await crowd.report();

    // Those of one of two come back while their sessions change; then all, to an instance that has just started.
    const second = await comeBack(store, crowd, {
      dead: first,
      survivor: instances[1],
      changes: 'meanwhile',
    });
    if (LONG || store.kind === 'postgres') await comeBack(store, crowd, { dead: second, changes: 'before' });
  }, 240_000);
});

function skipWithoutFiles({ skip }: { skip(condition: boolean, note?: string): void }): void {
  const { allowed, needed } = TOO_FEW_FILES ?? { allowed: 0, needed: 0 };
  skip(TOO_FEW_FILES !== null, `${needed} open files are needed, ${allowed} allowed: raise ulimit -n`);
}

/** Two where the store is shared. */
async function startInstances(
  store: TestStore,
): Promise<readonly [SpawnedGateway, ...(readonly SpawnedGateway[])]> {
  const first = await spawnGateway(store.env());
  return store.kind === 'postgres' ? [first, await spawnGateway(store.env())] : [first];
}

/** Kills an instance: its readers come back to the survivor, or to one that is started now. Gives that one. */
async function comeBack(
  store: TestStore,
  crowd: Crowd,
  {
    dead,
    survivor,
    changes,
  }: {
    readonly dead: SpawnedGateway;
    readonly survivor?: SpawnedGateway | undefined;
    readonly changes: 'meanwhile' | 'before';
  },
): Promise<SpawnedGateway> {
  await crowd.comeBackTo(survivor?.url ?? null);
  await dead.kill();
  const next = survivor ?? (await spawnGateway(store.env()));
  const changed = crowd.change(next.url, CLIENTS);
  if (changes === 'before') await changed;
  await crowd.comeBackTo(next.url);
  expect(await crowd.upToDate(WITHIN_MS)).toBe(0);
  const wrote = await changed;
  const { faults, comeback, again } = await crowd.report();
  expect(faults).toEqual([]);
  expect(comeback.count).toBe(survivor === undefined ? CLIENTS : CLIENTS / 2);
  console.info(
    `changed ${changes}: ${CLIENTS} callbacks in ${wrote.toFixed(0)} ms, readers back: ${shown(comeback)}, ${again} tried again`,
  );
  return next;
}
