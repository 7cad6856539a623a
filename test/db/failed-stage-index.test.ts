import { PGlite } from '@electric-sql/pglite';
import { drizzle as overPglite } from 'drizzle-orm/pglite';
import { drizzle as overPostgres } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/db/migrate/migrate.ts';
import { createReads, type Reads } from '../../src/db/read/reads.ts';
import { sessions } from '../../src/db/schema.ts';
import type { Db } from '../../src/db/store.ts';
import { fromSession } from '../../src/db/tables/rows.ts';
import { EXPLORER } from '../../src/domain/viewer.ts';
import { createLogger } from '../../src/logger.ts';
import { AT, sessionOf } from '../support/builders/states.ts';
import { closeLater } from '../support/closing.ts';
import { eachStore, type TestStore } from '../support/stores/stores.ts';

interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The database under our own eyes: what is sent to it, and the plan of a statement. */
interface Watched {
  readonly db: Db;
  readonly sent: Sent[];
  planOf(statement: Sent): Promise<string>;
}

async function open({ databaseUrl, folder }: TestStore): Promise<Watched> {
  const sent: Sent[] = [];
  const logger = {
    logQuery: (text: string, values: unknown[]) => {
      sent.push({ text, values });
    },
  };
  if (databaseUrl === null) {
    const client = await PGlite.create(folder);
    closeLater(() => client.close());
    return {
      db: overPglite({ client, jit: true, logger }),
      sent,
      planOf: async ({ text, values }) =>
        JSON.stringify((await client.query(`explain ${text}`, [...values])).rows),
    };
  }
  const client = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  closeLater(() => client.end());
  return {
    db: overPostgres({ client, jit: true, logger }),
    sent,
    planOf: async ({ text, values }) =>
      JSON.stringify(await client.unsafe(`explain ${text}`, values.map(String))),
  };
}

eachStore('sessions by the stage that decides their end', (store) => {
  let watched: Watched;
  let reads: Reads;

  beforeAll(async () => {
    watched = await open(store);
    const { db } = watched;
    await migrate(db, { migrate: 'auto', pooled: false, log: createLogger({ level: 'silent' }) });
    const rows = Array.from({ length: 4_000 }, (_, place) =>
      fromSession(
        sessionOf(
          { sessionId: `s${place}` },
          { createdAt: AT + place, failedStage: place === 17 ? 'TRANSACTIONS' : null },
        ),
      ),
    );
    for (let from = 0; from < rows.length; from += 1_000) {
      await db.insert(sessions).values(rows.slice(from, from + 1_000));
    }
    await db.execute('analyze sessions');
    reads = createReads({ db });
  });

  test('are found by an index, however many others there are', async () => {
    watched.sent.length = 0;
    const { rows } = await reads.sessions.list(
      {
        filter: { failedStage: ['TRANSACTIONS'] },
        orderBy: { field: 'CREATED_AT', direction: 'DESC' },
        ...{ count: 20, from: 'start', after: null, before: null },
      },
      { viewer: EXPLORER },
    );
    expect(rows.map(({ sessionId }) => sessionId)).toEqual(['s17']);
    const [statement, ...more] = watched.sent;
    if (statement === undefined) throw new Error('a list is one statement');
    expect(more).toEqual([]);
    const plan = await watched.planOf(statement);
    expect(plan).toContain('sessions_failed_stage');
    expect(plan).not.toContain('Seq Scan on sessions');
  });
});
