/** Forwards to the client of the transaction under way on a store's one writing connection. */
export interface TransactionClient<Client extends object> {
  /** One object for all transactions, so that statements are built over it once. */
  readonly client: Client;
  /**
   * Runs a transaction's work while `client` forwards to that transaction's client. A transaction that was given up may
   * still be ending: the next one waits for it, so that no statement runs in another transaction than its own.
   */
  during<T>(own: object, work: () => Promise<T>): Promise<T>;
}

/** @param base what it forwards to while no transaction is under way: for settings only, never for statements */
export function createTransactionClient<Client extends object>(base: Client): TransactionClient<Client> {
  let current: object = base;
  let ended: Promise<unknown> = Promise.resolve();
  return {
    client: new Proxy(base, { get: (_, key) => Reflect.get(current, key, current) }),
    async during(own, work) {
      await ended;
      current = own;
      const working = work();
      ended = working.catch(() => {});
      try {
        return await working;
      } finally {
        if (current === own) current = base;
      }
    },
  };
}
