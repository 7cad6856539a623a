import type { Head } from '../../domain/catch-up.ts';
import { store as storeTable } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { HEAD_COLUMNS } from '../tables/head-columns.ts';
import { createBatchLoader } from './batch-loader.ts';
import { createFactReads, type FactReads } from './fact-reads.ts';
import { createKeyReads, type KeyReads } from './key-reads.ts';
import { createListReads, type ListReads } from './list-reads.ts';
import { createReadQueue, unqueued } from './read-queue.ts';
import { createSessionCallbacks, type SessionCallbacks } from './session-callbacks.ts';

/**
 * All that is read for whoever asks. Ownership stands in each statement; nothing is cached, so that a read sent
 * after a callback's 200 sees that callback, at any instance. Ids that no row can hold (empty, over 256
 * characters, with a NUL) are absent.
 */
export interface Reads extends KeyReads, ListReads, FactReads {
  head(): Promise<Head>;
  readonly sessionCallbacks: SessionCallbacks;
}

export function createReads(store: Pick<Store, 'db'> & Partial<Pick<Store, 'kind'>>): Reads {
  const queue = store.kind === 'pglite' ? createReadQueue() : unqueued;
  return {
    ...createKeyReads(store, queue),
    ...createListReads(store, queue),
    ...createFactReads(store, queue),
    sessionCallbacks: createSessionCallbacks(store, queue),
    head: createHeadRead(store),
  };
}

function createHeadRead({ db }: Pick<Store, 'db'>): () => Promise<Head> {
  const statement = prepareHead(db);
  const load = createBatchLoader<null, Head>({ nameOf: () => '', load: () => statement.execute() });
  return () => load(null);
}

function prepareHead(db: Db) {
  return db.select(HEAD_COLUMNS).from(storeTable).prepare('head');
}
