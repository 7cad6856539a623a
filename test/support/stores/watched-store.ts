import { PGlite } from '@electric-sql/pglite';
import { drizzle as overPglite } from 'drizzle-orm/pglite';
import { drizzle as overPostgres } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { migrate } from '../../../src/db/migrate/migrate.ts';
import { START_PARAMS } from '../../../src/db/pglite/open-pglite.ts';
import type { Db } from '../../../src/db/store.ts';
import { createLogger } from '../../../src/logger.ts';
import { closeLater } from '../closing.ts';
import type { TestStore } from './stores.ts';

/** A statement as it was sent. */
interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A migrated store that shows what is sent to it, and how it answers that. */
export interface WatchedStore {
  readonly db: Db;
  /** The plans of the statements that were sent while this ran, in their order. */
  plansOf(run: () => Promise<unknown>): Promise<readonly string[]>;
}

/** Opens the suite's store on one connection; closed after the suite. */
export async function openWatchedStore({ databaseUrl, folder }: TestStore): Promise<WatchedStore> {
  const sent: Sent[] = [];
  const logger = {
    logQuery: (text: string, values: unknown[]) => {
      sent.push({ text, values });
    },
  };
  const { db, explain } = databaseUrl === null ? await overFolder() : overServer(databaseUrl);
  await migrate(db, { migrate: 'auto', pooled: false, log: createLogger({ level: 'silent' }) });
  return {
    db,
    async plansOf(run) {
      sent.length = 0;
      await run();
      const plans: string[] = [];
      for (const statement of [...sent]) plans.push(JSON.stringify(await explain(statement)));
      return plans;
    },
  };

  async function overFolder() {
    // As a gateway opens it: its plans follow from its statistics.
    const client = await PGlite.create({ dataDir: folder, startParams: START_PARAMS });
    closeLater(() => client.close());
    return {
      db: overPglite({ client, jit: true, logger }),
      explain: async ({ text, values }: Sent): Promise<unknown> =>
        (await client.query(`explain ${text}`, [...values])).rows,
    };
  }

  function overServer(url: string) {
    const client = postgres(url, { max: 1, onnotice: () => {} });
    closeLater(() => client.end());
    return {
      db: overPostgres({ client, jit: true, logger }),
      explain: async ({ text, values }: Sent): Promise<unknown> =>
        client.unsafe(
          `explain ${text}`,
          values.map((value) => (value === null ? null : String(value))),
        ),
    };
  }
}
