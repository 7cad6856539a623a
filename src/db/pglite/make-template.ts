import { renameSync, writeFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { createLogger } from '../../logger.ts';
import { migrate } from '../migrate/migrate.ts';
import { store } from '../schema.ts';
import { START_PARAMS } from './open-pglite.ts';
import { findTemplate, templateFile } from './store-template.ts';

/**
 * Makes the template, for the build, unless it is there already: takes 5 s and 750 MB, most of it in PGlite's initdb,
 * which no gateway then has to run. The store's one row is left out, so that each store made from the template draws
 * its own identity. Returns the template's path.
 */
export async function makeTemplate(): Promise<string> {
  const found = findTemplate();
  if (found !== null) return found;
  const client = await PGlite.create({ dataDir: 'memory://', startParams: START_PARAMS });
  try {
    const db = drizzle({ client });
    await migrate(db, { migrate: 'auto', pooled: false, log: createLogger({ level: 'silent' }) });
    await db.delete(store);
    await client.exec('vacuum analyze');
    await client.exec('checkpoint');
    const packed = await client.dumpDataDir('gzip');
    const file = templateFile();
    // Renamed into place, so that it is never half written, also where two builds make it at once.
    const partial = `${file}.${process.pid}`;
    writeFileSync(partial, new Uint8Array(await packed.arrayBuffer()));
    renameSync(partial, file);
    return file;
  } finally {
    await client.close();
  }
}
