import { afterAll, beforeAll, describe, expect, inject, it, test } from 'vitest';
import { decodeCursor } from '../../src/domain/cursor.ts';
import { at, postCallback, query, textAt } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { type Subscribed, subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeAll } from '../support/closing.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { eachStore, makeDatabase } from '../support/stores/stores.ts';

const STALLED_AFTER_MS = 1_200;
/** STALLED comes within this time of its own. */
const SENT_WITHIN_MS = 2_000;

const CHANGES = `subscription ($sessionId: ID, $filter: SessionFilter, $after: String) {
  sessionStatusChanged(sessionId: $sessionId, filter: $filter, after: $after) {
    cursor kind matches changedAt stage { name }
    session { sessionId version stalled stalledSince stallsAt }
  }
}`;

const WIRES = { ws: subscribeWs, sse: subscribeSse } as const;
type Wire = keyof typeof WIRES;

/** The messages of one subscription as they come. */
interface Reader {
  readonly subscribed: Subscribed;
  next(): Promise<{ kind: string; cursor: string; message: unknown }>;
}

async function follow(
  url: string,
  wire: Wire,
  variables: Readonly<Record<string, unknown>>,
): Promise<Reader> {
  const subscribed = await WIRES[wire](url, { query: CHANGES, variables });
  return {
    subscribed,
    async next() {
      const result = await subscribed.next(10_000);
      const message = at(result.data, 'sessionStatusChanged');
      const cursor = textAt(message, 'cursor');
      expect(at(result.extensions, 'cursor')).toBe(cursor);
      return { kind: textAt(message, 'kind'), cursor, message };
    },
  };
}

eachStore('a session that falls silent', (store) => {
  let url: string;
  const took: number[] = [];
  afterAll(() =>
    process.stdout.write(`\n${store.kind}: STALLED came ${took.join(', ')} ms after its time\n`),
  );
  beforeAll(async () => {
    url = (await startGateway(store.config({ stalledAfterMs: STALLED_AFTER_MS }))).url;
  });

  async function deliver(sessionId: string, status: string): Promise<void> {
    const callback = { sessionId, userId: 'anna', bankId: 'b1', stage: 'Accounts', status };
    expect((await postCallback(url, callback)).status).toBe(200);
  }

  async function list(sessionId: string, stalled: boolean): Promise<unknown> {
    const document =
      'query ($filter: SessionFilter) { sessions(filter: $filter) { edges { node { sessionId } } } }';
    const { data } = await query(url, document, { filter: { stalled, search: sessionId } });
    return at(data, 'sessions', 'edges');
  }

  test.each(['ws', 'sse'] as const)(
    'is sent within 2 s of its time, once, over %s, and to one that comes back; a fact clears it',
    async (wire) => {
      const sessionId = `silent-${wire}`;
      await deliver(sessionId, 'Initiated');
      const one = await follow(url, wire, { sessionId });
      const entered = await follow(url, wire, { filter: { stalled: true, search: sessionId } });
      const away = await follow(url, wire, { sessionId });
      const opening = await one.next();
      await entered.next();
      const held = (await away.next()).cursor;
      await away.subscribed.close();
      expect(opening.kind).toBe('SNAPSHOT');
      expect(at(opening.message, 'session')).toMatchObject({
        version: 1,
        stalled: false,
        stalledSince: null,
      });
      const stallsAt = Date.parse(textAt(opening.message, 'session', 'stallsAt'));
      // A repeat does not put it off.
      await deliver(sessionId, 'Initiated');

      for (const reader of [one, entered]) {
        const { kind, cursor, message } = await reader.next();
        const tookMs = Date.now() - stallsAt;
        expect(kind).toBe('STALLED');
        expect(tookMs).toBeGreaterThanOrEqual(-50);
        expect(tookMs).toBeLessThan(SENT_WITHIN_MS);
        took.push(tookMs);
        if (reader === one) expect(cursor).toBe(opening.cursor);
        expect(message).toMatchObject({
          matches: true,
          changedAt: new Date(stallsAt).toISOString(),
          stage: { name: 'ACCOUNTS' },
          session: {
            version: 1,
            stalled: true,
            stalledSince: new Date(stallsAt - STALLED_AFTER_MS).toISOString(),
          },
        });
      }
      expect(await list(sessionId, true)).toEqual([{ node: { sessionId } }]);
      expect(await list(sessionId, false)).toEqual([]);

      const back = await follow(url, wire, { sessionId, after: held });
      const learned = await back.next();
      expect([learned.kind, learned.cursor]).toEqual(['STALLED', held]);

      await deliver(sessionId, 'InProgress');
      for (const reader of [one, entered, back]) {
        const { kind, cursor, message } = await reader.next();
        expect(kind).toBe('STATUS');
        expect(decodeCursor(cursor)?.position).toBeGreaterThan(decodeCursor(held)?.position ?? 0);
        expect(at(message, 'matches')).toBe(reader !== entered);
        expect(at(message, 'session')).toMatchObject({ version: 2, stalled: false });
      }
      // It ends: nothing is awaited, and nothing stalls any more.
      await deliver(sessionId, 'Failed');
      for (const reader of [one, back]) {
        expect(at((await reader.next()).message, 'session')).toMatchObject({ version: 3, stallsAt: null });
        expect(reader.subscribed.pending()).toBe(0);
      }
    },
  );
});

describe.skipIf(inject('postgresUrl') === null)('a session that falls silent, at two instances', () => {
  let database: Awaited<ReturnType<typeof makeDatabase>>;
  beforeAll(async () => {
    database = await makeDatabase(inject('postgresUrl') ?? '', inject('postgresTemplate'));
  });
  afterAll(async () => {
    await closeAll();
    await database.drop();
  });

  it('is sent once by each to its own subscribers, wherever it was recorded', async () => {
    const config = { databaseUrl: database.url, stalledAfterMs: STALLED_AFTER_MS };
    const [writing, other] = [await startGateway(config), await startGateway(config)];
    const readers: Reader[] = [];
    for (const { url } of [writing, other])
      for (const wire of ['ws', 'sse'] as const) readers.push(await follow(url, wire, {}));
    for (const reader of readers) expect((await reader.next()).kind).toBe('SNAPSHOT');
    const report = async (sessionId: string) => {
      const body = { sessionId, userId: 'anna', bankId: 'b1', stage: 'Accounts', status: 'Initiated' };
      expect((await postCallback(writing.url, body)).status).toBe(200);
    };
    // By the time that the second one stalls, each instance has looked again: the first one is not sent twice.
    for (const sessionId of ['first', 'second']) {
      await report(sessionId);
      const cursors = new Set<string>();
      for (const reader of readers) {
        const recorded = await reader.next();
        const stalled = await reader.next();
        expect([recorded.kind, stalled.kind]).toEqual(['STATUS', 'STALLED']);
        expect(stalled.cursor).toBe(recorded.cursor);
        expect(at(stalled.message, 'session')).toMatchObject({ sessionId, version: 1, stalled: true });
        expect(reader.subscribed.pending()).toBe(0);
        cursors.add(recorded.cursor);
      }
      expect(cursors.size).toBe(1);
    }
  });
});
