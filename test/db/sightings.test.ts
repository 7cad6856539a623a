import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { describe, expect, inject, it } from 'vitest';
import { createSightings } from '../../src/db/journal/sightings.ts';
import { openStore } from '../../src/db/open.ts';
import { openPostgres } from '../../src/db/postgres/open-postgres.ts';
import { createLogger } from '../../src/logger.ts';
import { closeLater } from '../support/closing.ts';
import { makeDatabase } from '../support/stores/stores.ts';

const log = createLogger({ level: 'silent' });

describe.skipIf(inject('postgresUrl') === null)('what is read of a store to know it again', () => {
  it('names cluster and timeline for a role without any rights of its own, and none where they are kept from it', async () => {
    const server = inject('postgresUrl');
    if (server === null) return;
    const database = await makeDatabase(server);
    closeLater(database.drop);
    await (await openStore({ databaseUrl: database.url, dataDir: 'memory', pooled: false, log })).close();
    const role = `callboard_test_${randomBytes(6).toString('hex')}`;
    const admin = postgres(database.url, { max: 1, onnotice: () => {} });
    closeLater(async () => {
      await admin.unsafe(`drop owned by ${role}; drop role ${role}`);
      await admin.end();
    });
    await admin.unsafe(`create role ${role} login; grant select on all tables in schema public to ${role}`);
    const url = new URL(database.url);
    url.username = role;
    const look = async () => {
      const store = openPostgres({ url: url.href, pooled: false, connections: 10, patient: false, log });
      try {
        return await createSightings(store).at(0);
      } finally {
        await store.close();
      }
    };
    expect(await look()).toMatchObject({
      ...{ position: 0, rowThere: null, recomputations: 0, isStandby: false },
      ...{ system: expect.stringMatching(/^\d+$/), timeline: expect.stringMatching(/^[0-9A-F]{8}$/) },
    });
    await admin.unsafe(`
      revoke execute on function pg_control_system(), pg_walfile_name(pg_lsn) from public`);
    expect(await look()).toMatchObject({ position: 0, system: null, timeline: null });
  });
});
