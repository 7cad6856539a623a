import { sql } from 'drizzle-orm';
import { quietTo, type Silence } from '../../domain/session/silence.ts';
import { callbacks, sessions } from '../schema.ts';
import type { Store } from '../store.ts';
import { instantText } from './conditions.ts';
import { hasStalled } from './touched.ts';

/** What somebody should look at, over the whole store. */
export interface OpenCounts {
  /** Callbacks in quarantine that were not replayed. */
  readonly quarantined: number;
  readonly stalled: number;
}

/** One statement; it reads the partial indexes of rare outcomes and of sessions under way. */
export function createOpenCounts({ db }: Pick<Store, 'db'>, silence: Silence): () => Promise<OpenCounts> {
  const quarantined = sql`(
    select count(*) from ${callbacks}
    where ${callbacks.outcome} <> 'RECORDED' and ${callbacks.outcome} = 'QUARANTINED' and ${callbacks.replayedAt} is null
  )`;
  const stalled = sql`(select count(*) from ${sessions} where ${hasStalled})`;
  const statement = db
    .select({
      quarantined: sql`quarantined`.mapWith(Number).as('quarantined'),
      stalled: sql`stalled`.mapWith(Number).as('stalled'),
    })
    .from(sql`(select ${quarantined} as quarantined, ${stalled} as stalled) as counted`)
    .prepare('open_counts');
  return async () => {
    const [counts] = await statement.execute({ quietTo: instantText(quietTo(silence)) });
    return counts ?? { quarantined: 0, stalled: 0 };
  };
}
