import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { afterEach, describe, expect, test } from 'vitest';
import { createLogger } from '../../src/logger.ts';
import { postCallback } from '../support/clients/client.ts';
import { deliverAll } from '../support/clients/flood.ts';
import { LiveReader, type LiveRequest } from '../support/clients/live-reader.ts';
import { keepReading, readersReach, versionOf } from '../support/clients/returning-reader.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeAll, closeLater } from '../support/closing.ts';
import { type SpawnedGateway, spawnGateway, startGateway } from '../support/gateways/gateway.ts';
import { LONG, longOr } from '../support/long.ts';
import { startPostgresProxy } from '../support/stores/postgres-proxy.ts';
import { eachStore, type TestStore } from '../support/stores/stores.ts';
import { untilReadyz } from '../support/until.ts';

/** What is promised when no notification arrives; CI machines may be slower. */
const WITHIN_MS = LONG ? 2_000 : 8_000;
const PGBOUNCER = '/usr/sbin/pgbouncer';

let marks = 0;
/** A callback that is new to the journal and changes its session. */
const callbackOf = (sessionId: string) =>
  JSON.stringify({
    ...{ sessionId, userId: 'user-anna', bankId: 'bank-75', stage: 'Transactions', status: 'InProgress' },
    ...{ accountId: 'account-1', transactionStatus: 'Booked', transactionsCount: ++marks },
  });

const burst = (sessions: number, count: number, of = 'session') =>
  Array.from({ length: count }, (_, n) => callbackOf(`${of}-${n % sessions}`));

/** Delivers to all urls in turn, several at once; every answer is 200. */
async function deliver(urls: readonly string[], bodies: readonly string[]): Promise<void> {
  const answers = await Promise.all(
    urls.map((url, of) =>
      deliverAll(
        url,
        bodies.filter((_, n) => n % urls.length === of),
        { connections: 8 },
      ),
    ),
  );
  expect(new Set(answers.flat().map(({ status }) => status))).toEqual(new Set([200]));
}

/** Readers of the log, over both wires at each instance. */
async function readLogs(urls: readonly string[]): Promise<LiveReader[]> {
  const readers = urls.flatMap((url) =>
    (['ws', 'sse'] as const).map((wire) => ({ url, reader: new LiveReader({ of: 'log' }, wire, false) })),
  );
  for (const { url, reader } of readers) {
    await reader.connect(url);
    closeLater(() => reader.disconnect());
  }
  await readersReach(
    readers.map(({ reader }) => reader),
    () => readers.every(({ reader }) => reader.received.length > 0),
    5_000,
  );
  return readers.map(({ reader }) => reader);
}

const rowsOf = ({ received }: LiveReader) => received.slice(1).map(({ row }) => row);

/** Waits until each reader has the last of `count` rows behind its opening, and holds it to all of them, in order. */
async function expectEveryRow(
  readers: readonly LiveReader[],
  count: number,
  withinMs: number,
): Promise<void> {
  const last = ({ received }: LiveReader) => (received[0]?.position ?? 0) + count;
  const isThere = (reader: LiveReader) => (reader.received.at(-1)?.position ?? 0) >= last(reader);
  await readersReach(readers, () => readers.every(isThere), withinMs);
  for (const reader of readers) {
    if (reader.failure !== null) throw reader.failure;
    const first = (reader.received[0]?.position ?? 0) + 1;
    expect(rowsOf(reader)).toEqual(Array.from({ length: count }, (_, n) => first + n));
  }
}

eachStore('several instances', (store) => {
  afterEach(closeAll);

  describe.skipIf(store.kind === 'pglite')('on one PostgreSQL', () => {
    const url = () => store.databaseUrl ?? '';

    test('a callback at one is received at all, in the order of positions, without a hole', async () => {
      const urls = [(await startGateway(store.config())).url, (await startGateway(store.config())).url];
      const readers = await readLogs(urls);
      await deliver(urls, burst(10, 400));
      await expectEveryRow(readers, 400, WITHIN_MS);
    });

    test('an instance reads each row that others write once, and none before it: at most 1.1 rows and statements a callback', async () => {
      const callbacks = longOr(5_000, 400);
      const writer = (await startGateway(store.config())).url;
      const proxy = await startPostgresProxy(url());
      const reader = (await startGateway(store.config({ databaseUrl: proxy.url }))).url;
      const logs = await readLogs([reader]);
      // Few sessions, so that each has a long history; those of the second part began before.
      for (let part = 0; part < 2; part += 1) {
        const [rows, statements, began] = [proxy.rows(), proxy.executed(), performance.now()];
        await deliver([writer], burst(10, callbacks, 'followed'));
        await expectEveryRow(logs, callbacks * (part + 1), WITHIN_MS);
        // The poll, and what else looks at the store by the clock: a row each.
        const byClock = 10 + 4 * ((performance.now() - began) / 1_000);
        const read = (proxy.rows() - rows - byClock) / callbacks;
        const sent = (proxy.executed() - statements - byClock) / callbacks;
        console.info(
          `a callback of another instance: ${read.toFixed(2)} rows, ${sent.toFixed(2)} statements`,
        );
        expect(read).toBeLessThan(1.1);
        expect(sent).toBeLessThan(1.1);
      }
    });

    test('with every notification suppressed delivery goes on, nothing lost, nothing twice, and both say so', async () => {
      const proxy = await startPostgresProxy(url());
      proxy.dropNotifications(true);
      const lines: string[] = [];
      const log = createLogger({ level: 'warn', to: { write: (line) => void lines.push(line) } });
      const config = store.config({ databaseUrl: proxy.url });
      const urls = [(await startGateway(config, { log })).url, (await startGateway(config, { log })).url];
      const readers = await readLogs(urls);
      for (const [round, at] of urls.entries()) {
        await deliver([at], burst(10, 50));
        await expectEveryRow(readers, 50 * (round + 1), WITHIN_MS);
      }
      expect(proxy.dropped()).toBeGreaterThan(0);
      const isSaid = () =>
        lines.filter((line) => line.includes('notifications of the store are not received'));
      const late = Date.now() + 5_000;
      while (isSaid().length < 2 && Date.now() < late) await pause(20);
      expect(isSaid()).toHaveLength(2);
    });

    test('with the listeners killed again and again delivery goes on, nothing lost, nothing twice', async () => {
      const urls = [(await startGateway(store.config())).url, (await startGateway(store.config())).url];
      const readers = await readLogs(urls);
      const sql = postgres(url(), { max: 1 });
      closeLater(() => sql.end());
      for (let round = 0; round < 5; round += 1) {
        const delivered = deliver(urls, burst(10, 60));
        await sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen %'`;
        await delivered;
      }
      await expectEveryRow(readers, 300, WITHIN_MS);
    });

    test('with DATABASE_POOLED nothing is listened for, and delivery goes on all the same', async () => {
      const config = store.config({ databasePooled: true });
      const urls = [(await startGateway(config)).url, (await startGateway(config)).url];
      const readers = await readLogs(urls);
      await deliver(urls, burst(10, 100));
      await expectEveryRow(readers, 100, WITHIN_MS);
      const sql = postgres(url(), { max: 1 });
      const listening = await sql`
        select 1 from pg_stat_activity where datname = current_database() and query ilike 'listen %'`;
      await sql.end();
      expect(listening).toHaveLength(0);
    });

    test.skipIf(!existsSync(PGBOUNCER))('DATABASE_POOLED works behind pgbouncer', async () => {
      const config = store.config({ databasePooled: true, databaseUrl: await startPgbouncer(url()) });
      const urls = [(await startGateway(config)).url, (await startGateway(config)).url];
      const readers = await readLogs(urls);
      await deliver(urls, burst(10, 200));
      await expectEveryRow(readers, 200, WITHIN_MS);
      expect(await versionOf(urls[1] ?? '', 'session-0')).toBeGreaterThan(0);
    });

    test('what a newer version has added is ignored, and a row that it alone can read keeps no other from being published', async () => {
      const running = await startGateway(store.config());
      await deliver([running.url], burst(3, 10));
      const sql = postgres(url(), { max: 1 });
      closeLater(() => sql.end());
      await sql.unsafe(`
        alter table sessions add column risk text;
        alter table callbacks add column note text not null default '';
        create table consents (id text primary key);
        alter type callback_kind add value 'CONSENT';
        alter type stage_name add value 'CONSENTS'`);
      const urls = [running.url, (await startGateway(store.config())).url];
      const readers = await readLogs(urls);
      await sql.begin(async (tx) => {
        await tx`select pg_advisory_xact_lock(7226255201)`;
        await tx`update store set position = position + 1, fingerprint = 'feedfeedfeedfeed'`;
        await tx`
          insert into callbacks (position, kind, outcome, session_id, stage, attempt, digest, fingerprint, received_at,
            deliveries, last_delivered_at, changed, body)
          select position, 'CONSENT', 'RECORDED', 'session-0', 'CONSENTS', 1, 'digest', fingerprint, now(),
            1, now(), '[]', '{}'
          from store`;
      });
      await deliver(urls, burst(3, 30));
      await expectEveryRow(readers, 31, WITHIN_MS);
    });

    test('a cursor of one is good at the other', async () => {
      const urls = [(await startGateway(store.config())).url, (await startGateway(store.config())).url];
      const [reader] = await readLogs(urls.slice(0, 1));
      if (reader === undefined) throw new Error('one was asked for');
      await reader.disconnect();
      await deliver(urls, burst(3, 30));
      await reader.connect(urls[1] ?? '');
      await expectEveryRow([reader], 30, WITHIN_MS);
    });
  });

  test.skipIf(store.kind === 'pglite')(
    'a rolling restart under load: everybody ends with the newest version, the log has every row once',
    async () => {
      await rollingRestart(store);
    },
    longOr(300_000, 60_000),
  );

  test('SIGTERM: not ready at once, callbacks in flight finished, sockets closed one after the other, exit 0', async () => {
    await orderlyEnd(store);
  });
});

async function rollingRestart(store: TestStore): Promise<void> {
  const clients = longOr(500, 50);
  const ports = await freePorts(2);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const start = (port: number) => spawnGateway(store.env({ PORT: String(port), DRAIN_MS: '500' }));
  const instances: SpawnedGateway[] = [];
  for (const port of ports) instances.push(await start(port));

  const request = (n: number): LiveRequest => ({ of: 'session', sessionId: `rolling-${n}` });
  const readers = Array.from(
    { length: clients },
    (_, n) => new LiveReader(request(n), n % 2 === 0 ? 'ws' : 'sse', n % 3 === 0),
  );
  const logs = (['ws', 'sse', 'ws'] as const).map((wire) => new LiveReader({ of: 'log' }, wire, false));
  const returning = await Promise.all(
    [...readers, ...logs].map((reader, n) => keepReading(reader, urls, Math.floor(n / 2))),
  );
  closeLater(async () => {
    await Promise.all(returning.map((one) => one.stop()));
  });
  await readersReach(
    [...readers, ...logs],
    () => [...readers, ...logs].every(({ received }) => received.length > 0),
    20_000,
  );
  // What is not answered 200 is sent again, as the aggregator does.
  let isOver = false;
  let recorded = 0;
  const load = async (of: number): Promise<void> => {
    for (let n = of; !isOver; n += 8) {
      const body = callbackOf(`rolling-${n % clients}`);
      for (let turn = n; ; turn += 1) {
        const answer = await postCallback(urls[turn % urls.length] ?? '', body).catch(() => null);
        if (answer?.status === 200) break;
        if (answer !== null) expect(answer.status).toBe(503);
        await pause(20);
      }
      recorded += 1;
    }
  };
  const loads = Array.from({ length: 8 }, (_, of) => load(of));

  for (const [n, instance] of instances.entries()) {
    const before = recorded;
    while (recorded < before + 100) await pause(10);
    expect(await instance.terminate()).toEqual({ code: 0, signal: null });
    const next = await start(ports[n] ?? 0);
    await untilReadyz(next.url, 200, 20_000);
  }
  isOver = true;
  await Promise.all(loads);

  const newest = await Promise.all(readers.map((_, n) => versionOf(urls[0] ?? '', `rolling-${n}`)));
  const newestOf = ({ received }: LiveReader) =>
    received.findLast(({ session }) => session !== null)?.session?.version ?? 0;
  await readersReach(readers, () => readers.every((reader, n) => newestOf(reader) === newest[n]), WITHIN_MS);
  expect(readers.map(newestOf)).toEqual(newest);
  for (const { received, failure } of readers) {
    expect(failure).toBeNull();
    const versions = received.flatMap(({ session }) => session?.version ?? []);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(received.slice(1).filter(({ kind }) => kind === 'SNAPSHOT')).toEqual([]);
  }
  // Each reader of the log: all rows from its opening to the newest.
  const head = Math.max(...logs.map(({ received }) => received.at(-1)?.position ?? 0));
  for (const log of logs) await expectEveryRow([log], head - (log.received[0]?.position ?? 0), WITHIN_MS);
}

async function orderlyEnd(store: TestStore): Promise<void> {
  const drainMs = 1_000;
  const gateway = await spawnGateway(store.env({ DRAIN_MS: String(drainMs) }));
  const query = 'subscription { sessionStatusChanged { cursor kind } }';
  const sockets = await Promise.all(Array.from({ length: 20 }, () => subscribeWs(gateway.url, { query })));
  const streams = await Promise.all(Array.from({ length: 20 }, () => subscribeSse(gateway.url, { query })));
  for (const one of [...sockets, ...streams]) await one.next();

  // On PostgreSQL the writer's lock keeps a batch in flight while the signal comes.
  const sql = store.kind === 'postgres' ? postgres(store.databaseUrl ?? '', { max: 1 }) : null;
  if (sql !== null) await sql`select pg_advisory_lock(7226255201)`;
  const inFlight = postCallback(gateway.url, callbackOf('in-flight'));
  if (sql !== null) await waitsForLock(sql);
  const began = performance.now();
  // From the signal on: the first are closed while the callback is still in flight.
  const endedAt = [
    ...sockets.map(({ connection }) => connection.closed),
    ...streams.map(({ ended }) => ended),
  ].map((ended) => ended.then(() => performance.now()));
  const exited = gateway.terminate();
  const ready = await untilReadyz(gateway.url, 503, 5_000);
  expect(ready).toBeLessThan(LONG ? 200 : 1_500);
  if (sql !== null) {
    await sql`select pg_advisory_unlock(7226255201)`;
    await sql.end();
  }
  // Without a lock to hold it the callback may have come after the signal: then it is sent elsewhere.
  expect(sql === null ? [200, 503] : [200]).toContain((await inFlight).status);

  const closed = await Promise.all(sockets.map(({ connection }) => connection.closed));
  expect(closed.map(({ code }) => code)).toEqual(sockets.map(() => 1001));
  const times = await Promise.all(endedAt);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(drainMs / 2);
  for (const stream of streams) {
    expect(await stream.ended).toBe(false);
    expect(stream.raw()).not.toContain('complete');
  }
  expect(await exited).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeLessThan(10_000);
}

/** Resolves when a writer of Callboard waits for its lock. */
async function waitsForLock(sql: postgres.Sql): Promise<void> {
  for (;;) {
    const [waiting] = await sql`select 1 from pg_locks where locktype = 'advisory' and not granted`;
    if (waiting !== undefined) return;
    await pause(5);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** A transaction pooler in front of a database: each transaction may be another server's. */
async function startPgbouncer(target: string): Promise<string> {
  const { hostname, port, pathname, username } = new URL(target);
  const [own = 0] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), 'callboard-pgbouncer-'));
  const file = join(folder, 'pgbouncer.ini');
  const name = pathname.slice(1);
  const settings = [
    '[databases]',
    `${name} = host=${hostname} port=${port || 5432} dbname=${name} user=${username}`,
    '[pgbouncer]',
    ...['listen_addr = 127.0.0.1', `listen_port = ${own}`, 'unix_socket_dir =', 'auth_type = any'],
    ...['pool_mode = transaction', 'default_pool_size = 4', 'max_client_conn = 200'],
  ];
  await writeFile(file, `${settings.join('\n')}\n`);
  await chmod(folder, 0o755);
  // It refuses to run as root.
  const as = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(PGBOUNCER, [...as, file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const listens = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      if (said.includes('process up')) resolve();
    });
  });
  const ended = once(child, 'close');
  closeLater(async () => {
    child.kill('SIGINT');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  await Promise.race([
    listens,
    ended.then(() => {
      throw new Error(`pgbouncer ended:\n${said}`);
    }),
  ]);
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(own);
  return url.href;
}
