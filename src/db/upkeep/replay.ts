import { and, asc, eq, gt, isNull, type SQL } from 'drizzle-orm';
import type { Parsed } from '../../domain/journal/callback.ts';
import type { Delivery, Receipt } from '../../domain/journal/decide-batch.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import { callbacks } from '../schema.ts';
import type { Store } from '../store.ts';
import { toJournalRow } from '../tables/rows.ts';

/** The result for one quarantined row; `found`: its callback was recorded already. */
export type Replayed =
  | { readonly position: number; readonly did: 'applied' | 'found'; readonly at: number }
  | { readonly position: number; readonly did: 'kept'; readonly reason: string }
  | { readonly position: number; readonly did: 'none'; readonly reason: string };

export interface ReplayOptions {
  readonly store: Store;
  readonly recorder: { record(delivery: Delivery): Promise<Receipt> };
  readonly parse: (body: Uint8Array) => Parsed;
  /** The store's clock, in milliseconds since 1970. */
  readonly now: () => number;
}

const ROWS_PER_READ = 200;

/**
 * Applies quarantined rows that this version can parse: each as a new row at the head of the journal that refers to the
 * old one and keeps its `receivedAt`. Doing it again changes nothing. Yields the result for each row, in order.
 * @param which the position of one row, or all that are still in quarantine
 */
export async function* replay(
  options: ReplayOptions,
  which: number | 'quarantined',
): AsyncGenerator<Replayed> {
  if (which !== 'quarantined') {
    const [row] = await read(options.store, eq(callbacks.position, which));
    yield row === undefined
      ? { position: which, did: 'none', reason: 'the journal has no such position' }
      : await replayRow(options, row);
    return;
  }
  let after = 0;
  while (true) {
    const rows = await read(
      options.store,
      and(eq(callbacks.outcome, 'QUARANTINED'), isNull(callbacks.replayedAt), gt(callbacks.position, after)),
    );
    for (const row of rows) yield await replayRow(options, row);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.position;
  }
}

async function read(store: Store, where: SQL | undefined): Promise<readonly JournalRow[]> {
  const rows = await store.db
    .select()
    .from(callbacks)
    .where(where)
    .orderBy(asc(callbacks.position))
    .limit(ROWS_PER_READ);
  return rows.map(toJournalRow);
}

async function replayRow({ recorder, parse, now }: ReplayOptions, row: JournalRow): Promise<Replayed> {
  const { position, body, receivedAt, webhookId } = row;
  if (row.outcome !== 'QUARANTINED') return { position, did: 'none', reason: 'it is not quarantined' };
  if (row.replayedAt !== null) return { position, did: 'none', reason: 'it was replayed already' };
  const parsed = parse(body);
  if (!parsed.ok) return { position, did: 'kept', reason: parsed.fault.reason };
  const replayed = { of: position, at: now() };
  return resultOf(position, await recorder.record({ parsed, body, receivedAt, webhookId, replay: replayed }));
}

function resultOf(position: number, receipt: Receipt): Replayed {
  switch (receipt.outcome) {
    case 'quarantined':
      return { position, did: 'kept', reason: receipt.reason };
    case 'repeated':
      return { position, did: 'found', at: receipt.position };
    default:
      return { position, did: 'applied', at: receipt.position };
  }
}
