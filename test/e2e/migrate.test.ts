import { spawn } from 'node:child_process';
import { once } from 'node:events';
import postgres from 'postgres';
import { describe, expect, inject, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { postCallback, query, send } from '../support/clients/client.ts';
import { connectWs } from '../support/clients/subscribe-ws.ts';
import { closeLater } from '../support/closing.ts';
import { built, runToExit, spawnGateway } from '../support/gateways/gateway.ts';
import { storeFolder } from '../support/stores/store-folder.ts';
import { dropRoleLater, makeDatabase, STORE_KINDS, type StoreKind } from '../support/stores/stores.ts';
import { until, untilReadyz } from '../support/until.ts';

const WITHIN_MS = 30_000;

/** The variables that name a store on which nothing was done yet. */
async function untouched(kind: StoreKind): Promise<Record<string, string>> {
  if (kind === 'postgres') {
    const database = await makeDatabase(inject('postgresUrl') ?? '');
    closeLater(database.drop);
    return { DATABASE_URL: database.url };
  }
  return { DATA_DIR: await storeFolder() };
}

/** What `npm run migrate` runs, without npm. */
async function migrate(env: Record<string, string>): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, [built('callboard'), 'migrate'], {
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const [code] = await once(child, 'close');
  return { code, output };
}

describe.each(STORE_KINDS)('a store that is not migrated (%s)', (kind) => {
  it.skipIf(kind === 'postgres' && inject('postgresUrl') === null)(
    'is waited for with MIGRATE=off, and used as soon as `npm run migrate` is done',
    async () => {
      const store = await untouched(kind);
      const gateway = await spawnGateway({ ...store, MIGRATE: 'off' });
      const { url } = gateway;
      await until(() => gateway.output().includes('npm run migrate'), WITHIN_MS);

      expect((await send(`${url}/healthz`)).status).toBe(200);
      expect((await send(`${url}/readyz`)).status).toBe(503);
      const refused = await postCallback(url, fields('session-status'));
      expect(refused.status).toBe(503);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(5);
      expect(refused.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      const answer = await query(url, '{ sessions { edges { node { sessionId } } } }');
      expect(answer.status).toBe(503);
      expect(answer.errors).toEqual([
        expect.objectContaining({ extensions: { code: 'UNAVAILABLE', retryable: true } }),
      ]);
      expect((await (await connectWs(url)).closed).code).toBe(1013);

      const done = await migrate(store);
      expect(done.output).toContain('The store is migrated.');
      expect(done.code).toBe(0);
      await untilReadyz(url, 200, WITHIN_MS);
      expect((await postCallback(url, fields('session-status'))).status).toBe(200);
      expect(await gateway.terminate()).toEqual({ code: 0, signal: null });
    },
    90_000,
  );

  it.skipIf(kind === 'postgres' && inject('postgresUrl') === null)(
    'is waited for until SIGTERM, which ends the process cleanly',
    async () => {
      const gateway = await spawnGateway({ ...(await untouched(kind)), MIGRATE: 'off' });
      expect(await gateway.terminate()).toEqual({ code: 0, signal: null });
    },
  );
});

describe.skipIf(inject('postgresUrl') === null)('the start on PostgreSQL', () => {
  const migrated = async () => {
    const store = await untouched('postgres');
    expect((await migrate(store)).code).toBe(0);
    return store;
  };
  const connect = (url: string | undefined, name = 'a test') => {
    const client = postgres(url ?? '', {
      max: 1,
      onnotice: () => {},
      connection: { application_name: name },
    });
    closeLater(() => client.end({ timeout: 1 }));
    return client;
  };

  it('needs nothing but SELECT, INSERT, UPDATE and DELETE where all was migrated', async () => {
    const role = `callboard_dml_${process.pid}`;
    dropRoleLater(inject('postgresUrl') ?? '', role);
    const store = await migrated();
    const owner = connect(store.DATABASE_URL);
    await owner.unsafe(`create role ${role} login password 'secret'`);
    await owner.unsafe(`revoke create on schema public from public`);
    await owner.unsafe(`grant usage on schema public to ${role}`);
    await owner.unsafe(`grant select, insert, update, delete on all tables in schema public to ${role}`);
    const url = new URL(store.DATABASE_URL ?? '');
    Object.assign(url, { username: role, password: 'secret' });

    const gateway = await spawnGateway({ DATABASE_URL: url.href });
    expect((await send(`${gateway.url}/readyz`)).status).toBe(200);
    expect((await postCallback(gateway.url, fields('session-status'))).status).toBe(200);
    await gateway.terminate();

    // And says what is missing where something is to be done that it may not do.
    await owner`delete from drizzle.__drizzle_migrations`;
    await owner.unsafe(`drop table banks`);
    const { code, output } = await runToExit({ DATABASE_URL: url.href });
    expect(code).toBe(1);
    expect(output).toContain('permission denied');
    expect(output).toContain('run `npm run migrate` once as the owner');
  });

  it('waits for another instance that migrates, and says so', async () => {
    const store = await untouched('postgres');
    const [other, observer] = [connect(store.DATABASE_URL), connect(store.DATABASE_URL)];
    const gateway = await other.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(7226255202)`;
      const starting = spawnGateway(store, 30_000);
      // Longer than the lock_timeout of those that write.
      await until(async () => {
        const [row] =
          await observer`select count(*)::int as n from pg_locks l join pg_stat_activity a using (pid)
          where a.datname = current_database() and l.locktype = 'advisory' and not l.granted
            and clock_timestamp() - a.query_start > interval '2.5 s'`;
        return row?.n === 1;
      }, WITHIN_MS);
      return { starting };
    });
    const started = await gateway.starting;
    expect(started.output()).toContain('another instance migrates the store: waiting');
    expect((await send(`${started.url}/readyz`)).status).toBe(200);
    await started.terminate();
  });

  it('listens with MIGRATE=off also while another instance keeps the tables locked', async () => {
    const store = await migrated();
    const gateway = await connect(store.DATABASE_URL).begin(async (tx) => {
      await tx`lock table store in access exclusive mode`;
      const waiting = await spawnGateway({ ...store, MIGRATE: 'off' });
      expect((await send(`${waiting.url}/readyz`)).status).toBe(503);
      expect(waiting.output()).toContain('its tables are locked');
      return waiting;
    });
    await untilReadyz(gateway.url, 200, WITHIN_MS);
    await gateway.terminate();
  });

  it('is refused while a 0.1 is connected to a store of 0.1, and goes well when it is gone', async () => {
    const store = await migrated();
    const owner = connect(store.DATABASE_URL);
    await owner`update store set opened_by = '0.1'`;
    const old = connect(store.DATABASE_URL, 'callboard');
    await old`select 1`;
    const { code, output } = await runToExit(store);
    expect(code).toBe(1);
    expect(output).toContain('A Callboard 0.1 is connected to this store');
    expect(output).toContain('stop every instance of 0.1');
    expect(await owner`select opened_by from store`).toEqual([{ opened_by: '0.1' }]);

    await old.end();
    await until(
      async () =>
        (
          await owner`select 1 from pg_stat_activity where application_name = 'callboard'
        and datname = current_database()`
        ).length === 0,
      WITHIN_MS,
    );
    const gateway = await spawnGateway(store);
    expect(await owner`select opened_by from store`).toEqual([{ opened_by: '0.2' }]);
    await gateway.terminate();
  });

  const faults: [string, (url: URL) => Promise<void> | void, string[]][] = [
    [
      'a database that does not exist',
      (url) => {
        url.pathname = '/nowhere';
      },
      ['has no database nowhere', 'create it'],
    ],
    [
      'a host that does not exist',
      (url) => {
        url.hostname = 'nowhere.invalid';
      },
      ['nowhere.invalid', 'correct DATABASE_URL'],
    ],
    [
      'a port where nothing listens',
      (url) => {
        url.port = '9';
      },
      ['cannot be reached at 127.0.0.1:9', 'start it, or correct'],
    ],
    [
      'a role that does not exist',
      (url) => {
        url.username = 'nobody_at_all';
      },
      ['does not let nobody_at_all in', 'correct user and password'],
    ],
    [
      'a store that is read-only',
      async (url) => {
        const owner = connect(url.href);
        await owner.unsafe(`alter database ${url.pathname.slice(1)} set default_transaction_read_only = on`);
      },
      ['is read-only', 'name the primary'],
    ],
    [
      'a migration that fails',
      async (url) => {
        await connect(url.href)`create table callbacks (position bigint)`;
      },
      ['drizzle/20261122134940_first/migration.sql could not be applied', 'already exists'],
    ],
  ];
  it.each(faults)('names the cause and the mend: %s', async (_, damage, said) => {
    const { DATABASE_URL } = await untouched('postgres');
    const url = new URL(DATABASE_URL ?? '');
    await damage(url);
    const { code, output } = await runToExit({ DATABASE_URL: url.href });
    expect(code).toBe(1);
    expect(output).not.toContain('Failed query');
    for (const words of said) expect(output).toContain(words);
    // Besides the line of the log that names the migration, one line that says it.
    expect(
      output
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('{')),
    ).toHaveLength(1);
  });
});
