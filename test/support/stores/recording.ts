import { parseCallback } from '../../../src/callbacks/parse/parse.ts';
import { openStore } from '../../../src/db/open.ts';
import type { Outlet } from '../../../src/db/record/batch-writer.ts';
import { createRecorder, type Recorder } from '../../../src/db/record/recorder.ts';
import { banks, callbacks, payments, sessions } from '../../../src/db/schema.ts';
import type { Store } from '../../../src/db/store.ts';
import type { Parsed } from '../../../src/domain/journal/callback.ts';
import type { Receipt } from '../../../src/domain/journal/decide-batch.ts';
import type { JournalEntry } from '../../../src/domain/journal/entry.ts';
import { CallboardError } from '../../../src/errors.ts';
import { createLogger } from '../../../src/logger.ts';
import { closeLater } from '../closing.ts';
import { DEFAULTS } from './memory-store.ts';
import type { TestStore } from './stores.ts';

/** A store opened without a gateway around it, and its recorder. Closed after the suite, or before by `close`. */
export interface Recording {
  readonly store: Store;
  readonly recorder: Recorder;
  /** Entries published so far, in the order of publishing. */
  readonly published: readonly JournalEntry[];
  /** Records one body as though it came now, or then. */
  record(body: Uint8Array, receivedAt?: number): Promise<Receipt>;
  close(): Promise<void>;
}

/** Records as a sender does: what is answered UNAVAILABLE is sent again. */
export async function recordAgain({ record }: Pick<Recording, 'record'>, body: Uint8Array): Promise<Receipt> {
  for (;;) {
    try {
      return await record(body);
    } catch (error) {
      if (!(error instanceof CallboardError && error.code === 'UNAVAILABLE')) throw error;
    }
  }
}

/** Keeps what is published. */
export const outletInto = (published: JournalEntry[]): Outlet => ({
  announce: (entries) => ({
    committed: () => published.push(...entries),
    abandoned() {},
  }),
});

/** Opens the suite's store without a gateway. The caller closes it. */
export function openStoreOf(on: TestStore): Promise<Store> {
  const { databaseUrl, dataDir } = on.config();
  return openStore({ databaseUrl, dataDir, pooled: false, log: createLogger({ level: 'silent' }) });
}

export async function openRecording(
  on: TestStore,
  parts: { parse?: (body: Uint8Array) => Parsed } = {},
): Promise<Recording> {
  const log = createLogger({ level: 'silent' });
  const store = await openStoreOf(on);
  const published: JournalEntry[] = [];
  const recorder = createRecorder({
    store,
    settings: DEFAULTS,
    outlet: outletInto(published),
    log,
  });
  const { parse = parseCallback } = parts;
  let closed: Promise<void> | null = null;
  const close = () => {
    closed ??= recorder.close().then(() => store.close());
    return closed;
  };
  closeLater(close);
  return {
    store,
    recorder,
    published,
    record: (body, receivedAt = Date.now()) =>
      recorder.record({ parsed: parse(body), body, receivedAt, webhookId: null }),
    close,
  };
}

/** All rows of the tables, each in the order of its key. */
export async function everyRow({ db }: Store) {
  return {
    callbacks: await db.select().from(callbacks).orderBy(callbacks.position),
    sessions: await db.select().from(sessions).orderBy(sessions.sessionId),
    payments: await db.select().from(payments).orderBy(payments.paymentId),
    banks: await db.select().from(banks).orderBy(banks.bankId),
  };
}
