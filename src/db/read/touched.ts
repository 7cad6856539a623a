import { type SQL, sql } from 'drizzle-orm';
import { sessions } from '../schema.ts';
import { instantAt } from './conditions.ts';

/*
 * What counts over a window have in common. A session is in the window where its last callback was received in it: these
 * conditions use the index of `updated_at`, so a count costs what the window holds, however much is stored.
 */

/** The session was touched since the parameter `since`. */
export const touchedSince: SQL = sql`${sessions.updatedAt} >= ${instantAt('since')}`;

/** It is stalled, by the parameter `quietTo`. */
export const hasStalled: SQL = sql`${sessions.outcome} = 'PENDING' and ${sessions.lastFactAt} <= ${instantAt('quietTo')}`;

/** How many of the rows meet a condition, all of them without one. */
export const countOf = (condition?: SQL): SQL<number> =>
  condition === undefined
    ? sql<number>`count(*)`.mapWith(Number)
    : sql<number>`count(*) filter (where ${condition})`.mapWith(Number);
