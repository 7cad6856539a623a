import { existsSync } from 'node:fs';
import type { Response } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { type AsyncQueue, createAsyncQueue } from '../support/clients/async-queue.ts';
import { CHROMIUM, launchBrowser } from '../support/clients/browser.ts';
import { at, postCallback } from '../support/clients/client.ts';
import { loadRecipes } from '../support/clients/load-recipes.ts';
import { closeLater } from '../support/closing.ts';
import { recipe } from '../support/documents.ts';
import { type SpawnedGateway, spawnGateway } from '../support/gateways/gateway.ts';
import { emptyStore } from '../support/stores/empty-store.ts';

const hasChromium = existsSync(CHROMIUM);
if (!hasChromium && !process.env.CI) console.warn(`skipped: the EventSource recipe (no ${CHROMIUM})`);

const LOG = 'subscription { callbackRecorded { cursor recovered callback { position } } }';
const SESSIONS =
  'subscription ($id: ID) { sessionStatusChanged(sessionId: $id) { cursor kind session { version } } }';
/** Clients wait longer each time they find nobody. */
const BACK_WITHIN_MS = 30_000;

/** What a client of graphql-ws or graphql-sse has, as far as the recipes use it. */
interface Client {
  subscribe(
    operation: { query: string; variables?: Record<string, unknown>; extensions?: Record<string, unknown> },
    sink: { next(result: unknown): void; error(error: unknown): void; complete(): void },
  ): () => void;
  dispose(): unknown;
}

/** What the recipes define. */
interface Recipes {
  retryWait(retries: number): Promise<void>;
  resuming(client: Client): Client;
  /** Clients that do not resume by themselves, and come back as the recipes do. */
  plainWs(): Client;
  plainSse(): Client;
}

const ENTRY = `
  import { createClient } from 'graphql-ws';
  import { createClient as createSseClient } from 'graphql-sse';
  import { GRAPHQL_URL, resuming, retryWait } from './callboard';
  export { resuming, retryWait };
  const url = GRAPHQL_URL.replace(/^http/, 'ws');
  export const plainWs = () => createClient({ url, retryAttempts: Infinity, shouldRetry: () => true, retryWait });
  export const plainSse = () => createSseClient({ url: GRAPHQL_URL, retryAttempts: Infinity, retry: retryWait });
`;

/** Clients leave while the gateway is there: they would wait for it to come back. */
const leaving: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(leaving.splice(0).map((leave) => leave()));
});

/** Subscribes and gives what it receives; the end of a subscription ends the queue. */
function listen(client: Client, query: string, variables: Record<string, unknown> = {}): AsyncQueue<unknown> {
  const received = createAsyncQueue<unknown>(query.slice(0, 40));
  const leave = client.subscribe(
    { query, variables },
    {
      next: ({ ...result }: object) => received.push(result),
      error: (error) => received.end(`failed: ${error}`),
      complete: () => received.end('completed'),
    },
  );
  leaving.push(async () => {
    leave();
    // graphql-ws rejects with how its socket was closed.
    await Promise.resolve(client.dispose()).catch(() => {});
  });
  return received;
}

describe('the recipes of docs/frontend.md', () => {
  let folder: string;
  let recipes: Recipes;
  let gateway: SpawnedGateway;
  const start = (port: string): Promise<SpawnedGateway> =>
    spawnGateway({ DATA_DIR: folder, PORT: port, DRAIN_MS: '100' });

  beforeAll(async () => {
    folder = await emptyStore();
    gateway = await start('0');
    // cast: the tests fail where ENTRY does not export what its type says.
    recipes = (await loadRecipes(ENTRY, gateway.url)) as Recipes;
  });

  const report = async (url: string, sessionId: string, stage: string, status: string): Promise<number> => {
    const answer = await postCallback(url, { ...fields('session-status'), sessionId, stage, status });
    expect(answer.status).toBe(200);
    return Number(at(answer.json, 'position'));
  };
  /** Stops the gateway, lets another start take callbacks meanwhile, and starts it again where it was. */
  const restart = async (meanwhile: (url: string) => Promise<void>): Promise<void> => {
    const { port } = new URL(gateway.url);
    expect((await gateway.terminate()).code).toBe(0);
    const other = await start('0');
    await meanwhile(other.url);
    expect((await other.terminate()).code).toBe(0);
    gateway = await start(port);
  };
  const positionIn = (result: unknown) =>
    Number(at(result, 'data', 'callbackRecorded', 'callback', 'position'));
  const changeIn = (result: unknown) => at(result, 'data', 'sessionStatusChanged');

  it('over a restart miss nothing and repeat nothing: graphql-ws, graphql-sse, and what wraps them', async () => {
    const { url } = gateway;
    const { resuming } = recipes;
    const wires = [recipes.plainWs, recipes.plainSse];
    const logs = wires.map((make) => listen(resuming(make()), LOG));
    const states = wires.map((make) => listen(resuming(make()), SESSIONS, { id: 'session-1' }));
    const plain = wires.map((make) => listen(make(), SESSIONS, { id: 'session-1' }));
    for (const received of [...logs, ...states, ...plain]) await received.next();

    const positions = [await report(url, 'session-1', 'Authentication', 'Initiated')];
    for (const received of [...states, ...plain]) {
      expect(changeIn(await received.next())).toMatchObject({ kind: 'STATUS', session: { version: 1 } });
    }
    await restart(async (other) => {
      for (const status of ['InProgress', 'Finished']) {
        positions.push(await report(other, 'session-1', 'Authentication', status));
        positions.push(await report(other, 'session-2', 'Authentication', status));
      }
    });
    // With the newest cursor: the newest state, without a SNAPSHOT; the log, row by row.
    for (const received of states) {
      expect(changeIn(await received.next(BACK_WITHIN_MS))).toMatchObject({
        kind: 'STATUS',
        session: { version: 3 },
      });
    }
    // Without: a SNAPSHOT of the newest state.
    for (const received of plain) {
      expect(changeIn(await received.next(BACK_WITHIN_MS))).toMatchObject({
        kind: 'SNAPSHOT',
        session: { version: 3 },
      });
    }
    positions.push(await report(url, 'session-1', 'Accounts', 'Initiated'));
    for (const received of [...states, ...plain]) {
      expect(changeIn(await received.next())).toMatchObject({ kind: 'STATUS', session: { version: 4 } });
    }
    for (const received of logs) {
      for (const position of positions)
        expect(positionIn(await received.next(BACK_WITHIN_MS))).toBe(position);
    }
    for (const received of [...logs, ...states, ...plain]) expect(received.size).toBe(0);
  }, 90_000);

  it('wait no longer once the network or the reader is back', async () => {
    for (const type of ['online', 'visibilitychange']) {
      const waited = recipes.retryWait(20);
      dispatchEvent(new Event(type));
      await waited;
    }
  }, 5_000);

  it.runIf(!hasChromium && process.env.CI)('have a Chromium to run in', () => {
    throw new Error(`${CHROMIUM} is not there: install Chromium`);
  });

  it.runIf(hasChromium)(
    'resume a native EventSource in a browser, from the same origin',
    async () => {
      const browser = await launchBrowser();
      closeLater(() => browser.close());
      const page = await browser.newPage();
      const isStream = (response: Response) =>
        response.headers()['content-type']?.startsWith('text/event-stream') === true;
      await page.goto(`${gateway.url}/graphql`);
      const received = createAsyncQueue<unknown>('EventSource');
      page.on('console', (message) => {
        const [first] = message.args();
        if (message.type() === 'log' && first !== undefined) first.jsonValue().then(received.push, () => {});
      });
      await report(gateway.url, 'session-1', 'Accounts', 'InProgress');
      await page.evaluate(recipe('eventsource'));
      const version = Number(at(await received.next(BACK_WITHIN_MS), 'session', 'version'));
      expect(version).toBeGreaterThan(0);

      await restart((other) => report(other, 'session-1', 'Accounts', 'Finished').then(() => {}));
      expect(await received.next(BACK_WITHIN_MS)).toMatchObject({ session: { version: version + 1 } });
      // Nothing happened meanwhile: then nothing is sent, no SNAPSHOT either.
      let back: Promise<unknown> = Promise.resolve();
      await restart(async () => {
        back = page.waitForResponse(isStream, { timeout: BACK_WITHIN_MS });
      });
      await back;
      await report(gateway.url, 'session-1', 'Transactions', 'Initiated');
      expect(await received.next(BACK_WITHIN_MS)).toMatchObject({ session: { version: version + 2 } });
      expect(received.size).toBe(0);
    },
    90_000,
  );
});
