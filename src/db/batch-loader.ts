/** How a batch loader asks, and what tells its keys apart. */
export interface BatchLoaderOptions<Key, Value> {
  /** Answers for all keys in their order, with one statement. Its keys differ from each other by `nameOf`. */
  readonly load: (keys: readonly Key[]) => Promise<readonly Value[]>;
  /** Keys of one name share one answer within a batch. Ownership, where it matters, is part of the name. */
  readonly nameOf: (key: Key) => string;
  /** The most keys one statement carries. */
  readonly limit?: number;
}

interface Waiting<Key, Value> {
  readonly keys: Key[];
  readonly answers: Map<string, Promise<Value>>;
  readonly settle: { resolve: (value: Value) => void; reject: (cause: unknown) => void }[];
}

/**
 * Coalesces reads: keys asked for in the same turn of the event loop, by whatever request, go to the store as one
 * statement. Nothing is kept beyond the batch, and the statement is sent after the last of its keys was asked
 * for: so a read sees all that was committed before it was asked, as if it stood alone. A statement that fails
 * rejects all of its keys.
 */
export function createBatchLoader<Key, Value>({
  load,
  nameOf,
  limit = 500,
}: BatchLoaderOptions<Key, Value>): (key: Key) => Promise<Value> {
  let waiting: Waiting<Key, Value> | null = null;

  const send = ({ keys, settle }: Waiting<Key, Value>): void => {
    load(keys).then(
      (values) => {
        for (const [place, value] of values.entries()) settle[place]?.resolve(value);
        for (const { reject } of settle.slice(values.length))
          reject(new Error('the batch left a key unanswered'));
      },
      (cause) => {
        for (const { reject } of settle) reject(cause);
      },
    );
  };

  const open = (): Waiting<Key, Value> => {
    const batch: Waiting<Key, Value> = { keys: [], answers: new Map(), settle: [] };
    setImmediate(() => {
      if (waiting === batch) waiting = null;
      send(batch);
    });
    return batch;
  };

  return (key) => {
    const name = nameOf(key);
    if (waiting === null || waiting.keys.length >= limit) waiting = open();
    const { keys, answers, settle } = waiting;
    let answer = answers.get(name);
    if (answer === undefined) {
      answer = new Promise<Value>((resolve, reject) => settle.push({ resolve, reject }));
      answers.set(name, answer);
      keys.push(key);
    }
    return answer;
  };
}
