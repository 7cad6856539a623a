import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import postgres from 'postgres';
import { describe, expect, inject, it } from 'vitest';
import { postCallback } from '../support/clients/client.ts';
import { LiveReader, type LiveRequest } from '../support/clients/live-reader.ts';
import { readersReach } from '../support/clients/returning-reader.ts';
import { closeLater } from '../support/closing.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { LONG } from '../support/long.ts';
import { createStoreFaults } from '../support/schedules/store-faults.ts';
import { NO_CLUSTER, POSTGRES_BIN, startCluster } from '../support/stores/cluster.ts';
import { startPostgresProxy } from '../support/stores/postgres-proxy.ts';
import { expectTakenUp } from '../support/stores/put-back.ts';
import { makeDatabase } from '../support/stores/stores.ts';
import { startTcpProxy } from '../support/stores/tcp-proxy.ts';

const TABLES = ['store', 'callbacks', 'sessions', 'payments', 'banks'];

async function onServer(url: string, run: (sql: postgres.Sql) => PromiseLike<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await run(sql);
  } finally {
    await sql.end();
  }
}

async function ownDatabase(server: string): Promise<string> {
  const { url, drop } = await makeDatabase(server);
  closeLater(drop);
  return url;
}

/** A reader that has its opening. */
async function readerAt(url: string, request: LiveRequest): Promise<LiveReader> {
  const reader = new LiveReader(request, 'ws', false);
  await reader.connect(url);
  closeLater(() => reader.disconnect());
  expect(await readersReach([reader], () => reader.received.length > 0, 5_000)).toBe(true);
  return reader;
}

const reached = inject('postgresUrl');

describe.skipIf(reached === null)('a store that is put back under two running gateways', () => {
  const server = reached ?? '';

  it('in place, with every connection left alone: subscriptions start over and nothing is mixed', async () => {
    const databaseUrl = await ownDatabase(server);
    await expectTakenUp({
      databaseUrl,
      found: 'the journal ends before what was read of it',
      save: () =>
        onServer(databaseUrl, async (sql) => {
          await sql.unsafe('create schema kept');
          for (const table of TABLES) {
            await sql.unsafe(`create table kept.${table} as table public.${table}`);
          }
        }),
      putBack: () =>
        onServer(databaseUrl, (sql) =>
          sql.begin(async (tx) => {
            await tx.unsafe(`truncate ${TABLES.join(', ')}`);
            for (const table of TABLES) await tx.unsafe(`insert into ${table} table kept.${table}`);
          }),
        ),
    });
  });

  it('in place, while an instance has sent what it read itself and has not published yet', async () => {
    const databaseUrl = await ownDatabase(server);
    const proxy = await startPostgresProxy(databaseUrl);
    proxy.dropNotifications(true);
    const { url: writing } = await startGateway({ databaseUrl });
    const { url: reading } = await startGateway({ databaseUrl: proxy.url });
    const callback = { userId: 'anna', bankId: 'bank-75', stage: 'Accounts', status: 'InProgress' };
    const record = async (sessionId: string) =>
      expect((await postCallback(writing, { ...callback, sessionId })).status).toBe(200);
    await record('kept');
    const log = await readerAt(reading, { of: 'log' });
    const kept = await createStoreFaults(databaseUrl, server).keep();
    // Without notifications an instance looks once a second, and this takes less.
    await record('lost');
    const readers = [
      await readerAt(reading, { of: 'session', sessionId: 'lost' }),
      await readerAt(reading, { of: 'sessions', filter: {} }),
      await readerAt(reading, { of: 'log' }),
    ];
    expect(readers.map(({ received }) => received[0]?.position)).toEqual([2, 2, 2]);
    await kept.putBack();
    const isNotRecovered = ({ received }: LiveReader) => received.at(-1)?.recovered === false;
    expect(await readersReach(readers, () => readers.every(isNotRecovered), 5_000)).toBe(true);
    expect(readers.map(({ received }) => received.at(-1)?.position)).toEqual([1, 1, 1]);
    await record('after');
    const isLast = ({ received }: LiveReader) => received.at(-1)?.position === 2;
    const others = [log, ...readers.slice(1)];
    expect(await readersReach(others, () => others.every(isLast), 5_000)).toBe(true);
    for (const reader of [log, ...readers]) await reader.disconnect();
  });

  it.skipIf(POSTGRES_BIN === null)('as a dump of it, into a new database of its name', async () => {
    const databaseUrl = await ownDatabase(server);
    const program = (name: string, ...args: readonly string[]) =>
      execFileSync(join(POSTGRES_BIN ?? '', name), args, { stdio: 'pipe', env: { LC_ALL: 'C' } });
    const file = `/tmp/callboard-dump-${process.pid}.sql`;
    closeLater(async () => {
      execFileSync('rm', ['-f', file]);
    });
    const name = new URL(databaseUrl).pathname.slice(1);
    await expectTakenUp({
      databaseUrl,
      found: 'the journal ends before what was read of it',
      save: async () => void program('pg_dump', '-d', databaseUrl, '-f', file),
      async putBack() {
        await onServer(server, (sql) => sql.unsafe(`drop database ${name} with (force)`));
        await onServer(server, (sql) => sql.unsafe(`create database ${name}`));
        program('psql', '-q', '-1', '-d', databaseUrl, '-f', file);
      },
    });
  });
});

const named = `a cluster of the test${NO_CLUSTER === null ? '' : ` (skipped: ${NO_CLUSTER})`}`;
describe.skipIf(NO_CLUSTER !== null)(named, () => {
  it('that is replaced by an older base backup, with the same timeline and the same transaction ids', async () => {
    const cluster = await startCluster();
    let backup = cluster;
    await expectTakenUp({
      databaseUrl: cluster.url,
      found: 'the journal ends before what was read of it',
      async save() {
        backup = await cluster.backUp({ port: cluster.port });
      },
      async putBack() {
        await cluster.stop();
        await backup.start();
      },
    });
  });

  it.skipIf(!LONG)('whose standby is promoted before it had everything', async () => {
    const primary = await startCluster();
    const proxy = await startTcpProxy(primary.url);
    const standby = await primary.backUp({ standby: true });
    await expectTakenUp({
      databaseUrl: proxy.through(primary.url),
      found: 'the database cluster is on another timeline',
      async save() {
        await standby.start();
        await standby.caughtUp(primary);
        await standby.stop('SIGINT');
      },
      async putBack() {
        await proxy.cut('refused');
        await primary.stop();
        await standby.start();
        await standby.promote();
        proxy.turnTo(standby.url);
        await proxy.mend();
      },
    });
  });
});
