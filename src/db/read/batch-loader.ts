import type { Cancellation } from '../../domain/cancellation.ts';
import type { ReadQueue } from './read-queue.ts';

/** How a batch is read, and how its keys are distinguished. */
export interface BatchLoaderOptions<Key, Value> {
  /**
   * Returns the answers for all keys in their order, with one statement. No two keys have the same `nameOf`. What some
   * need beyond that statement they wait for, or fail by, alone.
   */
  readonly load: (keys: readonly Key[]) => Promise<readonly (Value | Promise<Value>)[]>;
  /** Keys with the same name share one answer within a batch. Where ownership matters, the owner is part of the name. */
  readonly nameOf: (key: Key) => string;
  /** The most keys one statement carries. */
  readonly limit?: number;
  /** Where its statements wait for their turn; without it they are sent at once. */
  readonly queue?: ReadQueue;
}

interface Entry<Key, Value> {
  readonly key: Key;
  readonly answer: Promise<Value>;
  readonly resolve: (value: Value | Promise<Value>) => void;
  readonly reject: (cause: unknown) => void;
  /** The cancellations of all that wait for the key; null: a read without one. */
  readonly wantedBy: (Cancellation | null)[];
}

/** By the names of the keys, in the order of their first read. */
type Batch<Key, Value> = Map<string, Entry<Key, Value>>;

/**
 * Coalesces reads: keys read in the same turn of the event loop, by any operation, are read by one statement. Nothing is
 * cached beyond the batch, and the statement is sent after the last of its keys was requested: so each read sees all
 * that was committed before it was requested, as if it were alone. A statement that fails rejects all of its keys. A
 * key whose readers have all given up when the statement is sent is left out, and rejects with the reason.
 */
export function createBatchLoader<Key, Value>({
  load,
  nameOf,
  limit = 500,
  queue,
}: BatchLoaderOptions<Key, Value>): (key: Key, cancellation?: Cancellation) => Promise<Value> {
  let waiting: Batch<Key, Value> | null = null;

  async function send(batch: Batch<Key, Value>): Promise<void> {
    const entries = [...batch.values()].filter(isWanted);
    if (entries.length === 0) return;
    try {
      const values = await load(entries.map(({ key }) => key));
      for (const [place, { resolve, reject }] of entries.entries()) {
        const value = values[place];
        if (place < values.length && value !== undefined) resolve(value);
        else reject(new Error('the batch has no answer for a key'));
      }
    } catch (cause) {
      for (const { reject } of entries) reject(cause);
    }
  }

  const open = (): Batch<Key, Value> => {
    const batch: Batch<Key, Value> = new Map();
    setImmediate(() => {
      if (waiting === batch) waiting = null;
      if (queue === undefined) void send(batch);
      else void queue(() => send(batch));
    });
    return batch;
  };

  return (key, cancellation) => {
    const name = nameOf(key);
    if (waiting === null || waiting.size >= limit) waiting = open();
    let entry = waiting.get(name);
    if (entry === undefined) {
      entry = entryOf(key);
      waiting.set(name, entry);
    }
    entry.wantedBy.push(cancellation ?? null);
    return entry.answer;
  };
}

function entryOf<Key, Value>(key: Key): Entry<Key, Value> {
  let settle: Pick<Entry<Key, Value>, 'resolve' | 'reject'> = { resolve() {}, reject() {} };
  const answer = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { key, answer, ...settle, wantedBy: [] };
}

/** Rejects the key where all of its readers gave up. */
function isWanted<Key, Value>({ wantedBy, reject }: Entry<Key, Value>): boolean {
  if (wantedBy.some((cancellation) => cancellation?.aborted !== true)) return true;
  reject(wantedBy[0]?.reason);
  return false;
}
