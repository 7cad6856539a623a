import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import { unavailableWhereAway } from '../../src/db/store-away.ts';
import { createLogger } from '../../src/logger.ts';
import { createObserver, type Events } from '../../src/observe.ts';
import { query, send } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

function readsThatFail(error: unknown) {
  const observer = createObserver(createLogger({ level: 'silent' }));
  const failed: Events['storeFailed'][] = [];
  observer.on('storeFailed', (event) => failed.push(event));
  const reads = unavailableWhereAway(
    {
      find: (_id: string) => Promise.reject<string>(error),
      good: async (id: string) => `found ${id}`,
      inner: { find: (_id: string) => Promise.reject<string>(error) },
    },
    observer.emit,
  );
  return { reads, failed };
}

const withCode = (code: string) => Object.assign(new Error('inside'), { code });

describe('a read', () => {
  it.each(['ECONNREFUSED', 'CONNECT_TIMEOUT', '57P01', '08006', '53300', '42P01'])(
    'that fails by %s rejects with UNAVAILABLE, however deep the code stands, and is emitted',
    async (code) => {
      const cause = new Error('Failed query', { cause: withCode(code) });
      const { reads, failed } = readsThatFail(cause);
      await expect(reads.find('a')).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true, cause });
      expect(failed).toEqual([{ during: 'read', sqlState: code.length === 5 ? code : null }]);
    },
  );

  it('that fails for another reason passes its error on', async () => {
    for (const error of [new Error('a bug'), withCode('22P02'), null, 'text']) {
      const { reads, failed } = readsThatFail(error);
      await expect(reads.find('a')).rejects.toBe(error);
      expect(failed).toEqual([]);
    }
  });

  it('in an object of its own fails alike', async () => {
    const { reads, failed } = readsThatFail(withCode('ECONNREFUSED'));
    await expect(reads.inner.find('a')).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    expect(failed).toEqual([{ during: 'read', sqlState: null }]);
  });

  it('that succeeds gives what it found', async () => {
    expect(await readsThatFail(null).reads.good('a')).toBe('found a');
  });
});

eachStore('while the store is away', (on) => {
  it('queries, polls and subscriptions are answered UNAVAILABLE', async () => {
    const opened: Awaited<ReturnType<typeof openStore>>[] = [];
    const { url, close } = await startGateway(on.config(), {
      openStore: async (options) => {
        const store = await openStore(options);
        opened.push(store);
        return store;
      },
    });
    await opened[0]?.db.execute(sql`alter table sessions rename to sessions_away`);
    const unavailable = [{ extensions: { code: 'UNAVAILABLE', retryable: true } }];
    expect((await query(url, '{ session(sessionId: "a") { version } }')).errors).toMatchObject(unavailable);
    expect((await send(`${url}/api/session/status?sessionId=a`)).status).toBe(503);
    const stream = await subscribeSse(url, {
      query: 'subscription { sessionStatusChanged(sessionId: "a") { cursor } }',
    });
    expect(await stream.next()).toMatchObject({ errors: unavailable });
    await opened[0]?.db.execute(sql`alter table sessions_away rename to sessions`);
    await close();
  });
});
