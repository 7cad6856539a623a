import type { Logger } from '../../logger.ts';
import { startWaitingServer, type WaitingServer } from './waiting-server.ts';

/** What stands at an address and ends when it is closed. */
interface Standing {
  readonly url: string;
  close(): Promise<void>;
}

export interface WaitingGatewayOptions<Store> {
  readonly host: string;
  readonly port: number;
  /** Resolves with the store once it can be used; rejects where `signal` is aborted. */
  readonly awaitStore: (signal: AbortSignal) => Promise<Store>;
  /**
   * Starts the gateway itself on that port, over that store, which it closes at its end, also where it fails. It calls
   * `leave` just before it listens.
   */
  readonly start: (store: Store, port: number, leave: () => void) => Promise<Standing>;
  readonly log: Logger;
}

/**
 * A gateway that is to stand before its store is there: it listens and answers "later" until `awaitStore` resolves,
 * then gives the port to the gateway itself. Between the two the port is closed for less than a millisecond.
 */
export async function startWaitingGateway<Store>(options: WaitingGatewayOptions<Store>): Promise<Standing> {
  const { host, log } = options;
  const ending = new AbortController();
  let standing: Standing | WaitingServer;
  const first = await startWaitingServer(host, options.port);
  standing = first;
  const { url, port } = first;

  async function goOn(): Promise<void> {
    let waiting: WaitingServer = first;
    while (!ending.signal.aborted) {
      const store = await options.awaitStore(ending.signal);
      log.info('the store is migrated: going on');
      let closed: Promise<void> | null = null;
      try {
        standing = await options.start(store, port, () => {
          closed = waiting.close();
        });
        return;
      } catch (err) {
        log.error({ err }, 'the gateway could not be started: waiting again');
        if (closed === null) continue;
        await closed;
        waiting = await startWaitingServer(host, port);
        standing = waiting;
      }
    }
  }

  const going = goOn().catch((err: unknown) => {
    if (!ending.signal.aborted) log.fatal({ err }, 'the gateway could not be started: restart it');
  });
  return {
    url,
    async close() {
      ending.abort();
      await going;
      await standing.close();
    },
  };
}
