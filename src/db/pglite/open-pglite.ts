import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import type { Logger } from '../../logger.ts';
import type { Db, Store } from '../store.ts';
import { createTransactionClient } from '../transaction-client.ts';
import { createPglite } from './create-pglite.ts';
import { lockFolder } from './folder-lock.ts';
import { prepareFolder } from './prepare-folder.ts';
import { findTemplate } from './store-template.ts';
import { createUpkeep, STATISTICS_TARGET } from './upkeep.ts';

/** The default parameters ask for 290 MB. */
export const START_PARAMS = [
  ...PGlite.defaultStartParams,
  ...['-c', 'shared_buffers=16MB'],
  ...['-c', 'TimeZone=UTC'],
  ...['-c', `default_statistics_target=${STATISTICS_TARGET}`],
];

/**
 * PGlite: PostgreSQL within this process, in a folder locked against every other. It survives kill -9 of the
 * process but never asks the disk to sync, so a power cut may take the last callbacks with it.
 */
export async function openPglite({ dataDir, log }: { dataDir: string; log: Logger }): Promise<Store> {
  const inMemory = dataDir === 'memory';
  const unlock = inMemory ? async () => {} : await lockFolder(dataDir);
  const client = await (inMemory ? openMemory(log) : openFolder(dataDir, log)).catch(
    async (error: unknown) => {
      await unlock();
      throw error;
    },
  );
  const asDb = (of: PGlite): Db => drizzle({ client: of, jit: true, paramsInErrors: false });
  const transaction = createTransactionClient(client);
  const writing = asDb(transaction.client);
  const db = asDb(client);
  const upkeep = createUpkeep({ client, log });

  return {
    kind: 'pglite',
    db,
    shortReads: db,
    async write(work) {
      const result = await client.transaction((tx) => transaction.during(tx, () => work(writing)));
      upkeep.wrote();
      // PGlite runs on this thread: let timers and sockets have their turn between two batches.
      await nextTurn();
      return result;
    },
    async writeAtOnce(statement) {
      const result = await statement(db);
      upkeep.wrote();
      await nextTurn();
      return result;
    },
    listen: null,
    connections: 1,
    renew() {},
    async close() {
      await upkeep.close();
      await client.close();
      await unlock();
    },
  };
}

async function openFolder(dataDir: string, log: Logger): Promise<PGlite> {
  const make = async (folder: string) => {
    log.warn(NO_TEMPLATE);
    await (await createPglite({ dataDir: folder, startParams: START_PARAMS })).close();
  };
  await prepareFolder(dataDir, { template: findTemplate(), make });
  return createPglite({ dataDir, startParams: START_PARAMS });
}

async function openMemory(log: Logger): Promise<PGlite> {
  const template = findTemplate();
  if (template === null) log.warn(NO_TEMPLATE);
  return createPglite({
    dataDir: 'memory://',
    startParams: START_PARAMS,
    ...(template === null ? {} : { loadDataDir: new Blob([readFileSync(template)]) }),
  });
}

const NO_TEMPLATE =
  'The build left no prepared store that fits these migrations: initdb makes one, which takes seconds and 500 MB until the process ends. Run: npm run build';
