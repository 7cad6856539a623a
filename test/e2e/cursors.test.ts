import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { namesId } from '../../src/callbacks/parse/names-id.ts';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import { openStore } from '../../src/db/open.ts';
import type { Store } from '../../src/db/store.ts';
import { forget } from '../../src/db/upkeep/forget.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { createLogger } from '../../src/logger.ts';
import { at, postCallback, query, textAt } from '../support/clients/client.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

const SESSIONS = `subscription ($after: String) {
  sessionStatusChanged(after: $after) { cursor kind recovered session { sessionId version status: stage { status } } }
}`;
const LOG =
  'subscription ($after: String) { callbackRecorded(after: $after) { cursor recovered callback { position } } }';

eachStore('a cursor', (on) => {
  const log = createLogger({ level: 'silent' });
  let gateway: StartedGateway;
  const start = async () => {
    gateway = await startGateway(on.config());
  };
  /** What a command does; PGlite's folder is open in one process alone. */
  const command = async (work: (store: Store) => Promise<unknown>) => {
    if (on.kind === 'pglite') await gateway.close();
    const { databaseUrl, dataDir } = on.config();
    const store = await openStore({ databaseUrl, dataDir, pooled: false, log });
    await work(store);
    await store.close();
    if (on.kind === 'pglite') await start();
  };
  let marks = 0;
  /** Gives its position. */
  const deliver = async (sessionId: string): Promise<number> => {
    const { json } = await postCallback(gateway.url, {
      ...{ sessionId, userId: 'anna', bankId: 'bank-75', stage: 'Transactions', status: 'InProgress' },
      ...{ accountId: 'account-1', transactionStatus: 'Booked', transactionsCount: ++marks },
    });
    return Number(at(json, 'position'));
  };
  const liveCursor = async () =>
    textAt(
      (await query(gateway.url, '{ sessions(first: 1) { liveCursor } }')).data,
      ...['sessions', 'liveCursor'],
    );
  /** The first messages of a subscription to all sessions. */
  const opening = async (after: string, count = 1) => {
    const subscribed = await subscribeWs(gateway.url, { query: SESSIONS, variables: { after } });
    const received: unknown[] = [];
    while (received.length < count) received.push(at((await subscribed.next()).data, 'sessionStatusChanged'));
    await subscribed.close();
    return received;
  };

  it('of an empty store is honoured once there is something', async () => {
    await start();
    const cursor = await liveCursor();
    await deliver('one');
    expect(await opening(cursor)).toMatchObject([{ recovered: true, session: { sessionId: 'one' } }]);
  });

  it('is honoured at and above the highest row that was deleted, and not below it', async () => {
    const log = await subscribeWs(gateway.url, { query: LOG, variables: {} });
    await log.next();
    const cursors: string[] = [];
    for (const sessionId of ['one', 'two', 'gone', 'one', 'gone', 'one', 'two']) {
      await deliver(sessionId);
      cursors.push(textAt((await log.next()).data, 'callbackRecorded', 'cursor'));
    }
    await log.close();
    await command((store) => forget(store, { kind: 'session', id: 'gone' }, namesId));
    const head = await deliver('two');
    // The last deleted was the fifth.
    for (const cursor of cursors.slice(0, 4)) {
      expect(await opening(cursor)).toMatchObject([{ recovered: false, kind: 'SNAPSHOT' }]);
    }
    const one = { recovered: true, session: { sessionId: 'one' } };
    const two = { recovered: true, session: { sessionId: 'two' } };
    expect(await opening(cursors[4] ?? '', 2)).toMatchObject([one, two]);
    for (const cursor of cursors.slice(5)) expect(await opening(cursor)).toMatchObject([two]);
    expect(await deliver('one')).toBe(head + 1);
  });

  it('is honoured after a rebuild that changed nothing, and not after one that did, not even at the head', async () => {
    await deliver('one');
    const cursor = await liveCursor();
    const again = (store: Store) => rebuild({ store, parse: parseCallback });
    await command(again);
    const live = await subscribeWs(gateway.url, { query: SESSIONS, variables: { after: cursor } });
    await deliver('two');
    expect(at((await live.next()).data, 'sessionStatusChanged')).toMatchObject({ recovered: true });
    const atHead = await liveCursor();
    await command(async (store) => {
      await store.db.execute(sql`update sessions set bank_id = 'other' where session_id = 'one'`);
      await again(store);
    });
    for (const known of [cursor, atHead]) {
      expect(await opening(known)).toMatchObject([{ recovered: false, kind: 'SNAPSHOT' }]);
    }
    // A subscription that stayed is sent a SNAPSHOT, and then what comes.
    if (on.kind === 'postgres') {
      expect(at((await live.next()).data, 'sessionStatusChanged')).toMatchObject({
        ...{ recovered: false, kind: 'SNAPSHOT', session: null },
      });
      await deliver('one');
      expect(at((await live.next()).data, 'sessionStatusChanged')).toMatchObject({
        ...{ recovered: true, session: { sessionId: 'one' } },
      });
    }
    await live.close();
    const now = await liveCursor();
    await deliver('two');
    expect(await opening(now)).toMatchObject([{ recovered: true, session: { sessionId: 'two' } }]);
  });
});
