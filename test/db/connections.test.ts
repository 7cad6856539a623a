import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import { createLogger } from '../../src/logger.ts';
import { fields } from '../support/builders/samples.ts';
import { postCallback, query, send } from '../support/clients/client.ts';
import { closeLater } from '../support/closing.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { dropRoleLater, makeDatabase } from '../support/stores/stores.ts';

const ROLE = `callboard_few_${process.pid}`;
/** With a filter, so that it is read over any connection but the one of short reads. */
const SESSIONS =
  '{ sessions(filter: { conflict: false }, first: 100) { edges { node { sessionId accounts { accountNumber } } } } }';

describe.skipIf(inject('postgresUrl') === null)('connections to PostgreSQL', () => {
  let url: URL;
  let server: postgres.Sql;
  beforeAll(async () => {
    dropRoleLater(inject('postgresUrl') ?? '', ROLE);
    const database = await makeDatabase(inject('postgresUrl') ?? '');
    closeLater(database.drop);
    url = new URL(database.url);
    const log = createLogger({ level: 'silent' });
    await (await openStore({ databaseUrl: url.href, dataDir: '', pooled: false, log })).close();
    server = postgres(database.url, { max: 1, onnotice: () => {} });
    closeLater(() => server.end());
  });

  const pids = async () =>
    (
      await server`select pid from pg_stat_activity where application_name like 'callboard %'
        and datname = current_database() order by pid`
    ).map(({ pid }) => Number(pid));
  const burst = (gateway: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => query(gateway, SESSIONS)));

  it.each([3, 6])('are never more than DATABASE_CONNECTIONS=%s, and the gateway works', async (most) => {
    const gateway = await startGateway({ databaseUrl: url.href, databaseConnections: most, migrate: 'off' });
    let highest = 0;
    let looking = true;
    const look = (async () => {
      while (looking) highest = Math.max(highest, (await pids()).length);
    })();
    for (let round = 0; round < 3; round++) {
      const answers = await burst(gateway.url, 30);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect((await postCallback(gateway.url, { ...fields('session-status'), round })).status).toBe(200);
      expect((await send(`${gateway.url}/readyz`)).status).toBe(200);
    }
    looking = false;
    await look;
    expect(highest).toBeGreaterThanOrEqual(3);
    expect(highest).toBeLessThanOrEqual(most);
    await gateway.close();
    while ((await pids()).length > 0) await pause(10);
  });

  it('that stand go on working while others are refused', async () => {
    const most = 5;
    // A try before this one may have been cut short.
    await server.unsafe(`drop owned by ${ROLE}`).catch(() => undefined);
    await server.unsafe(`drop role if exists ${ROLE}`);
    await server.unsafe(`create role ${ROLE} login connection limit ${most}`);
    await server.unsafe(`grant select, insert, update, delete on all tables in schema public to ${ROLE}`);
    const few = new URL(url.href);
    few.username = ROLE;
    const gateway = await startGateway({ databaseUrl: few.href, databaseConnections: 20, migrate: 'off' });
    expect((await postCallback(gateway.url, fields('session-status'))).status).toBe(200);
    let standing = await pids();
    // Of many that come at once, PostgreSQL refuses more than it has to.
    for (; standing.length < most; standing = await pids()) await burst(gateway.url, 6);

    let [answered, refused] = [0, 0];
    // Whether a burst needs another connection depends on how it falls: until one did.
    for (let round = 0; round < 10 || (refused === 0 && round < 100); round++) {
      const reading = burst(gateway.url, 30);
      // The writer's connection stands: no callback notices anything.
      expect((await postCallback(gateway.url, { ...fields('session-status'), n: round })).status).toBe(200);
      for (const { status } of await reading) {
        if (status === 200) answered += 1;
        else refused += 1;
        expect([200, 503]).toContain(status);
      }
    }
    expect(refused).toBeGreaterThan(0);
    expect(answered).toBeGreaterThan(refused);
    expect(await pids()).toEqual(standing);
    await gateway.close();
    while ((await pids()).length > 0) await pause(10);
  });
});
