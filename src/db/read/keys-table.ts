import { sql } from 'drizzle-orm';
import type { Db } from '../store.ts';

/**
 * The batch's keys as a table. What is looked up for each stands in a lateral join with a limit of its own: so
 * each key is one walk down an index, whatever the planner believes of the table's size.
 */
export function keysTable(db: Db) {
  return db
    .select({
      n: sql<number>`n`.as('n'),
      id: sql<string>`id`.as('id'),
      owner: sql<string | null>`owner`.as('owner'),
    })
    .from(sql`json_to_recordset((${sql.placeholder('keys')}::text)::json) as key(n int, id text, owner text)`)
    .as('keys');
}
