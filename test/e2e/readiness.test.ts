import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import type { Store } from '../../src/db/store.ts';
import { postCallback, send } from '../support/clients/client.ts';
import { closeLater } from '../support/closing.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

const WITHIN_MS = 2_000;
/** What a machine that runs other tests beside may add. */
const CROWDED_MS = 1_000;

/** How long it took until `/readyz` answered this; throws where that took too long. */
async function untilReady(url: string, status: number): Promise<number> {
  const began = performance.now();
  while ((await send(`${url}/readyz`)).status !== status) {
    const took = performance.now() - began;
    if (took > WITHIN_MS + CROWDED_MS) throw new Error(`/readyz was not ${status} after ${took} ms`);
    await pause(50);
  }
  return performance.now() - began;
}

const CALLBACK = { userId: 'anna', bankId: '75', stage: 'Accounts', status: 'InProgress' };

/** The writer's lock, as src/db/locks.ts has it. */
const WRITER_LOCK = 7226255201;

eachStore('/readyz says whether callbacks can be recorded here', (of) => {
  let gateway: StartedGateway;
  let store: Store;
  beforeAll(async () => {
    gateway = await startGateway(of.config(), {
      openStore: async (options) => {
        store = await openStore(options);
        return store;
      },
    });
    await untilReady(gateway.url, 200);
  });
  const record = (sessionId: string) => postCallback(gateway.url, { ...CALLBACK, sessionId });

  /** Another client of the store; PGlite has none but ourselves. */
  const other = () => {
    const client = postgres(of.databaseUrl ?? '', { max: 2, onnotice: () => {} });
    closeLater(() => client.end({ timeout: 1 }));
    return client;
  };

  it('not while the store is read-only, and again when it no longer is', async () => {
    if (of.kind === 'pglite') await store.db.execute(sql`set default_transaction_read_only = on`);
    else await setReadOnly(other(), true);
    await untilReady(gateway.url, 503);
    expect((await send(`${gateway.url}/healthz`)).status).toBe(200);
    const refused = await record('read-only');
    expect([refused.status, Number(refused.headers['retry-after']) >= 5]).toEqual([503, true]);
    if (of.kind === 'pglite') await store.db.execute(sql`set default_transaction_read_only = off`);
    else await setReadOnly(other(), false);
    await untilReady(gateway.url, 200);
    expect((await record('read-only')).status).toBe(200);
  });

  it('not while the tables are missing, and again when they are there', async () => {
    await store.db.execute(sql`alter table payments rename to elsewhere`);
    await untilReady(gateway.url, 503);
    await store.db.execute(sql`alter table elsewhere rename to payments`);
    await untilReady(gateway.url, 200);
  });

  it('writes nothing that anybody could read, however often it is asked', async () => {
    const before = await send(`${gateway.url}/api/session/status?sessionId=read-only`);
    const position = async () => {
      const [row] = await store.db.select({ at: sql<number>`position` }).from(sql`store`);
      return row?.at;
    };
    const at = await position();
    for (let round = 0; round < 20; round++) expect((await send(`${gateway.url}/readyz`)).status).toBe(200);
    expect(await position()).toEqual(at);
    expect((await send(`${gateway.url}/api/session/status?sessionId=read-only`)).text).toBe(before.text);
  });

  describe.skipIf(of.kind === 'pglite')('beside other sessions', () => {
    it.each(['callbacks', 'sessions', 'store'])('not while %s is locked', async (table) => {
      expect((await record(`locked-${table}`)).status).toBe(200);
      await other().begin(async (tx) => {
        await tx.unsafe(`lock table ${table} in access exclusive mode`);
        await untilReady(gateway.url, 503);
      });
      await untilReady(gateway.url, 200);
    });

    it('not while a frozen session holds the lock of the writer', async () => {
      await other().begin(async (tx) => {
        await tx`select pg_advisory_xact_lock(${WRITER_LOCK}::bigint)`;
        await untilReady(gateway.url, 503);
      });
      await untilReady(gateway.url, 200);
    });

    it('always while another instance is busy writing', async () => {
      const busy = other();
      let writing = true;
      // As a batch does: the lock, the position moved, and next to no pause between two of them.
      const writer = (async () => {
        while (writing) {
          await busy.begin(async (tx) => {
            await tx`select pg_advisory_xact_lock(${WRITER_LOCK}::bigint)`;
            await tx`select pg_sleep(0.1)`;
          });
        }
      })();
      const answers: number[] = [];
      for (const until = Date.now() + 1_500; Date.now() < until; await pause(50))
        answers.push((await send(`${gateway.url}/readyz`)).status);
      writing = false;
      await writer;
      expect(new Set(answers)).toEqual(new Set([200]));
    });
  });
});

/** As managed databases do when their disk is full: for the whole database, and every session is ended. */
async function setReadOnly(client: postgres.Sql, on: boolean): Promise<void> {
  const [row] = await client`select current_database() as name`;
  await client`set default_transaction_read_only = off`;
  await client.unsafe(`alter database ${row?.name} set default_transaction_read_only = ${on ? 'on' : 'off'}`);
  await client`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'callboard%' and datname = current_database()`;
}
