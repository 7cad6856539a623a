/** Stands for the client of whichever transaction is under way on a store's one writing connection. */
export interface WritingSeat<Client extends object> {
  /** One object for all transactions, so that statements made over it are made once. */
  readonly client: Client;
  /**
   * Runs a transaction's work with its client seated. A transaction that was given up may still be ending: the next
   * waits for it, so that no statement ever runs in another transaction than its own.
   */
  during<T>(client: object, work: () => Promise<T>): Promise<T>;
}

/** @param base what the seat stands for while no transaction is under way: for settings only, never for statements */
export function createWritingSeat<Client extends object>(base: Client): WritingSeat<Client> {
  let seated: object = base;
  let ended: Promise<unknown> = Promise.resolve();
  return {
    client: new Proxy(base, { get: (_, key) => Reflect.get(seated, key, seated) }),
    async during(client, work) {
      await ended;
      seated = client;
      const working = work();
      ended = working.catch(() => {});
      try {
        return await working;
      } finally {
        if (seated === client) seated = base;
      }
    },
  };
}
