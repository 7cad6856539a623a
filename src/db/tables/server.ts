import { sql } from 'drizzle-orm';
import { store } from '../schema.ts';

/**
 * Identifies the server, its start and the store's tables, where the statement reads the table `store`. A row's `xmin`
 * says which transaction wrote it on this server only: a restored copy gives the same number to another transaction.
 */
export const SERVER = sql<string>`${store}.tableoid::text || ' ' || pg_postmaster_start_time()::text`;
