import type { Head } from '../../domain/catch-up.ts';
import { store } from '../schema.ts';
import type { Db } from '../store.ts';
import { HEAD_COLUMNS } from '../tables/head-columns.ts';
import { createBatchLoader } from './batch-loader.ts';

/** Reads the store's head; reads of one turn of the event loop share one statement, prepared under this name. */
export function createHeadRead(db: Db, name: string): () => Promise<Head> {
  const statement = db.select(HEAD_COLUMNS).from(store).prepare(name);
  const load = createBatchLoader<null, Head>({ nameOf: () => '', load: () => statement.execute() });
  return () => load(null);
}
