import { sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { banks, callbacks, payments, sessions, store as storeTable } from '../../../src/db/schema.ts';
import type { Db } from '../../../src/db/store.ts';
import { fromPayment } from '../../../src/db/tables/rows.ts';
import type { SessionCallback } from '../../../src/domain/journal/callback.ts';
import { bytes } from './samples.ts';
import { sessionRow } from './session-row.ts';
import { journalRow, paymentOf, sessionOf } from './states.ts';

export interface Filling {
  /** Sessions, payments and callbacks in all, each. */
  readonly stored: number;
  /** Of them, those touched in the last half hour: their ids begin with `w`, those of the others with `o`. */
  readonly touched: number;
  /** Callbacks of each session; 1 by default. */
  readonly callbacksEach?: number;
  /** What a callback reported of each session; by default that Authentication was initiated. */
  readonly reported?: Partial<SessionCallback>;
}

const BANKS = 50;
const BODY = bytes(JSON.stringify({ sessionId: 'template', text: 'x'.repeat(500) }));

/**
 * Fills an empty store by SQL: of ten sessions one FAILED, one NEEDS_AUTHORIZATION, and of those touched lately two are
 * PENDING.
 */
export async function fillStore(db: Db, filling: Filling): Promise<void> {
  await db.transaction(async (tx) => {
    // On a slow machine the rows of 100,000 sessions take longer than a gateway lets a statement take.
    await tx.execute(sql`set local statement_timeout = 0`);
    await fill(tx, filling);
  });
}

async function fill(db: Db, { stored, touched, callbacksEach = 1, reported = {} }: Filling): Promise<void> {
  await db
    .insert(banks)
    .values(Array.from({ length: BANKS }, (_, n) => ({ bankId: `b${n}`, secondaryIdentifiers: [] })));
  await db.insert(sessions).values(sessionRow(sessionOf({ ...reported, sessionId: 'template' })));
  await db.insert(payments).values(fromPayment(paymentOf({ paymentId: 'template' })));
  await db.insert(callbacks).values({ ...journalRow({ position: 0, body: BODY }), changed: [] });
  // The newest first: n counts backwards in time, over half an hour, then over the month before.
  const at = sql`case when n <= ${touched}::int
    then clock_timestamp() - n * interval '30 min' / ${touched}::int
    else clock_timestamp() - interval '2 days' - n * interval '30 days' / ${stored}::int end`;
  const mark = sql`case when n <= ${touched}::int then 'w' else 'o' end || lpad(n::text, 6, '0')`;
  const of = sql`from (select n, ${at} as at, ${mark} as mark from generate_series(1, ${stored}::int) as n) as each`;
  // Read once: a join with the table itself would read the rows that it has just written, again for each row.
  const templateOf = (table: PgTable) =>
    sql`with whole as materialized (select ${table} as template from ${table})`;
  await db.execute(sql`insert into ${sessions} ${templateOf(sessions)} select made.* ${of}, whole,
    lateral jsonb_populate_record(template, jsonb_build_object(
      'session_id', mark, 'external_id', 'x' || mark, 'user_id', 'u' || n % 1000, 'bank_id', 'b' || n % ${BANKS}::int,
      'outcome', (array['PENDING','PENDING','FAILED','NEEDS_AUTHORIZATION'])[n % 10 + 1],
      'created_at', at, 'updated_at', at, 'heard_at', at, 'position', ${stored}::int - n + 1
    ) || case when n % 10 > 3 or (n > ${touched}::int and n % 10 < 2) then '{"outcome":"SUCCEEDED"}' else '{}' end::jsonb) as made`);
  await db.execute(sql`insert into ${payments} ${templateOf(payments)} select made.* ${of}, whole,
    lateral jsonb_populate_record(template, jsonb_build_object(
      'payment_id', mark, 'external_id', 'x' || mark, 'created_at', at, 'updated_at', at,
      'position', ${stored}::int - n + 1)) as made`);
  await db.execute(sql`insert into ${callbacks} ${templateOf(callbacks)} select made.* ${of}, whole,
    generate_series(1, ${callbacksEach}::int) as m,
    lateral jsonb_populate_record(template, jsonb_build_object(
      'position', (${stored}::int - n) * ${callbacksEach}::int + m, 'session_id', mark, 'external_id', 'x' || mark,
      'received_at', at, 'digest', mark || m, 'outcome', case when n % 100 = 0 then 'QUARANTINED' when n % 20 = 0 then 'LATE' else 'RECORDED' end
    )) as made`);
  await db.update(storeTable).set({
    position: stored * callbacksEach,
    fingerprint: sql`(select ${callbacks.fingerprint} from ${callbacks} where ${callbacks.position} = 0)`,
  });
  await db.execute(sql`delete from callbacks where position = 0`);
  await db.execute(sql`delete from sessions where session_id = 'template'`);
  await db.execute(sql`delete from payments where payment_id = 'template'`);
  for (const table of [banks, sessions, payments, callbacks]) await db.execute(sql`analyze ${table}`);
}
