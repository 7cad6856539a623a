import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { eq } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate as applyMigrations } from 'drizzle-orm/pg-core/async/session';
import { CallboardError } from '../errors.ts';
import { lockForMigration } from './locks.ts';
import { store } from './schema.ts';
import type { Db } from './store.ts';

/** The minor version this code is of. A store opened by a newer one may hold what this code cannot keep right. */
export const SCHEMA_VERSION = '0.1';

const FOLDER = fileURLToPath(new URL('../../drizzle', import.meta.url));

/**
 * Brings the store's tables up to date and makes its one row, in one transaction under a lock of the database:
 * instances that start at once take turns, also behind a transaction pooler.
 * Rejects where a newer minor version of Callboard has opened the store.
 */
export async function migrate(db: Db): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(lockForMigration);
    await applyMigrations(readMigrationFiles({ migrationsFolder: FOLDER }), tx, {
      migrationsFolder: FOLDER,
    });
    const [row] = await tx.select().from(store);
    if (row === undefined) {
      const fingerprint = randomBytes(8).toString('hex');
      await tx.insert(store).values({
        id: 1,
        identity: randomBytes(4).toString('hex'),
        position: 0,
        fingerprint,
        lowest: 0,
        lowestFingerprint: fingerprint,
        expectedStages: '',
        openedBy: SCHEMA_VERSION,
      });
    } else if (isNewer(row.openedBy, SCHEMA_VERSION)) {
      throw new CallboardError(
        'UNAVAILABLE',
        `This store was opened by Callboard ${row.openedBy}; this is ${SCHEMA_VERSION}. Start the newer version.`,
      );
    } else if (row.openedBy !== SCHEMA_VERSION) {
      await tx.update(store).set({ openedBy: SCHEMA_VERSION }).where(eq(store.id, 1));
    }
  });
}

function isNewer(a: string, b: string): boolean {
  return a.localeCompare(b, 'en', { numeric: true }) > 0;
}
