import { eq } from 'drizzle-orm';
import { store } from '../schema.ts';
import type { Db } from '../store.ts';
import { preparedByConnection } from './prepared-by-connection.ts';

/** The position of the last committed row. */
export async function readPosition(tx: Db): Promise<number> {
  const [row] = await statementsFor(tx).position.execute();
  if (row === undefined) throw new Error('the table store has no row');
  return row.position;
}

const statementsFor = preparedByConnection((db) => ({
  position: db.select({ position: store.position }).from(store).where(eq(store.id, 1)).prepare('position'),
}));
