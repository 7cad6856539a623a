import { at, query } from './client.ts';
import type { LiveReader } from './live-reader.ts';

/** A reader that comes back with its cursor for as long as it is asked to, wherever an instance answers. */
export interface Returning {
  /** Resolves when it has stopped coming back and its connection is closed. */
  stop(): Promise<void>;
}

/** Connects a reader to the first of `urls` that takes it, and again whenever its connection ends. */
export async function keepReading(
  reader: LiveReader,
  urls: readonly string[],
  first: number,
): Promise<Returning> {
  let stopped = false;
  let turn = first;
  const connect = async (): Promise<void> => {
    while (!stopped) {
      try {
        await reader.connect(urls[turn++ % urls.length] ?? '');
        return;
      } catch {
        // Refused or cut on the way: as clients do, it waits a little before the next.
        await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100));
      }
    }
  };
  const run = async (): Promise<void> => {
    while (!stopped) {
      await reader.ended();
      await connect();
    }
  };
  await connect();
  const running = run();
  return {
    async stop() {
      stopped = true;
      await reader.disconnect();
      await running;
      await reader.disconnect();
    },
  };
}

/** Resolves when the condition holds, looked at whenever one of the readers has received something; false when late. */
export async function readersReach(
  readers: readonly LiveReader[],
  condition: () => boolean,
  withinMs: number,
): Promise<boolean> {
  let wake = (): void => {};
  for (const reader of readers) reader.onMessage = () => wake();
  const late = AbortSignal.timeout(withinMs);
  late.onabort = () => wake();
  while (!condition()) {
    if (late.aborted) return false;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  return true;
}

/** The version that a query says a session has; 0 where there is none. */
export async function versionOf(url: string, sessionId: string): Promise<number> {
  const { data } = await query(url, 'query ($id: ID) { session(sessionId: $id) { version } }', {
    id: sessionId,
  });
  return Number(at(data, 'session', 'version') ?? 0);
}
