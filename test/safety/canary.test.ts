import { beforeAll, expect, it } from 'vitest';
import { namesId } from '../../src/callbacks/parse/names-id.ts';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import { openStore } from '../../src/db/open.ts';
import { forget } from '../../src/db/upkeep/forget.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { createLogger } from '../../src/logger.ts';
import { bytes, fields } from '../support/builders/samples.ts';
import { postCallback, query, send, textAt } from '../support/clients/client.ts';
import { seconds } from '../support/clients/issuer.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { connectWs, subscribeWs } from '../support/clients/subscribe-ws.ts';
import {
  ACCOUNTANT,
  bearer,
  OPERATOR,
  type ProductionGateway,
  startProduction,
  token,
} from '../support/gateways/production.ts';
import { everyRow } from '../support/stores/recording.ts';
import { eachStore } from '../support/stores/stores.ts';

const MARK = 'CANARY';
const USER = `user-${MARK}`;
const IDS = { sessionId: `session-${MARK}`, sessionExternalId: `external-${MARK}`, userId: USER };

eachStore('what marks a person', (on) => {
  const log: string[] = [];
  const refusals: string[] = [];
  let metrics: string;
  let gateway: ProductionGateway;
  let stream: string;

  /** Delivers, asks, subscribes and fails in every way, as a person with marks everywhere. */
  beforeAll(async () => {
    gateway = await startProduction(
      on,
      { dataDir: on.folder, metricsToken: `metrics-${MARK}` },
      { log: createLogger({ level: 'trace', to: { write: (line: string) => log.push(line) } }) },
    );
    const { url } = gateway;
    const account = { accountNumber: `BE-${MARK}-0001`, accountType: null, accountRelation: [] };
    await gateway.deliver({ ...fields('session-accounts'), ...IDS, details: { accounts: [account] } });
    await gateway.deliver({ ...fields('session-status'), ...IDS, stage: 'Nirvana' });
    await gateway.deliver({ ...fields('session-status'), ...IDS, userId: 'somebody-else' });
    const user = { externalId: USER, secondaryIdentifiers: {} };
    await gateway.deliver({ ...fields('payment'), paymentId: `payment-${MARK}`, user });
    await postCallback(url, bytes(`{"userId": "${USER}", "sessionId"`), {
      'x-callback-secret': 'the-aggregators-shared-secret',
    });

    const refused = async (answer: Promise<{ text: string; status: number }>) => {
      const { text } = await answer;
      refusals.push(text);
    };
    await refused(postCallback(url, { ...IDS }, { 'x-callback-secret': `secret-${MARK}` }));
    await refused(send(`${url}/callbacks/secret-${MARK}`, { method: 'POST', body: '{}' }));
    await refused(send(`${url}/nowhere/${MARK}`));
    const own = await bearer({ sub: USER });
    for (const headers of [
      { authorization: `Bearer ${MARK}.${MARK}.${MARK}` },
      await bearer({ sub: USER, exp: seconds(-9) }),
    ]) {
      await refused(query(url, '{ viewer { userId } }', {}, headers));
      await refused(send(`${url}/api/session/status?sessionId=${IDS.sessionId}`, { headers }));
    }
    await refused(query(url, '{ nothing }', {}, own));
    await refused(
      query(url, 'query ($id: ID) { session(sessionId: $id, externalId: $id) { id } }', { id: USER }, own),
    );
    await refused(query(url, 'query ($c: String) { sessions(after: $c) { liveCursor } }', { c: MARK }, own));
    await refused(send(`${url}/api/session/status?sessionId=absent-${MARK}`, { headers: own }));
    await refused(send(`${url}/api/session/Nowhere/status?sessionId=${MARK}`, { headers: own }));
    await refused(send(`${url}/metrics`, { headers: own }));

    const document = 'subscription { sessionStatusChanged { cursor session { sessionId } } }';
    const subscribed = await subscribeSse(url, { query: document, headers: own });
    stream = textAt((await subscribed.next()).data, 'sessionStatusChanged', 'cursor');
    await subscribed.close();
    const ws = await subscribeWs(url, { query: document, connectionParams: own });
    await ws.next();
    ws.connection.send({ type: MARK });
    await ws.connection.closed;
    const bad = await connectWs(url);
    bad.send({
      type: 'connection_init',
      payload: { authorization: `Bearer ${await token({ sub: USER }, MARK.repeat(9))}` },
    });
    refusals.push((await bad.closed).reason);
    const headers = { authorization: `Bearer metrics-${MARK}` };
    metrics = (await send(`${url}/metrics`, { headers })).text;
  });

  it('stands in what its owner reads', async () => {
    const { text } = await query(
      gateway.url,
      '{ sessions { edges { node { userId accounts { accountNumber } } } } }',
      {},
      await bearer({ sub: USER }),
    );
    expect(text).toContain(`BE-${MARK}-0001`);
  });

  it('stands in no line of the log, at its finest, and in no refusal', () => {
    expect(refusals.length).toBeGreaterThan(10);
    expect(refusals.filter((text) => text.includes(MARK))).toEqual([]);
    expect(log.filter((line) => line.includes(MARK))).toEqual([]);
  });

  it('stands in no metric', () => {
    expect(metrics).toContain('callboard_callbacks_total{outcome="quarantined"} 3');
    expect(metrics).not.toContain(MARK);
  });

  it('is masked for operators without the scope: no number and no body', async () => {
    const document =
      '{ sessions { edges { node { accounts { accountNumber maskedNumber } callbacks { edges { node { body } } } } } } }';
    const masked = await query(gateway.url, document, {}, await bearer(OPERATOR));
    expect(masked.errors).toBeUndefined();
    expect(masked.text).not.toContain(MARK);
    expect((await query(gateway.url, document, {}, await bearer(ACCOUNTANT))).text).toContain(MARK);
  });

  it('stands nowhere in the store after forget, and an old cursor is no longer reached', async () => {
    const { databaseUrl, dataDir } = on.config({ dataDir: on.folder });
    const isPglite = on.kind === 'pglite';
    if (isPglite) await gateway.close();
    const store = await openStore({
      databaseUrl,
      dataDir,
      pooled: false,
      log: createLogger({ level: 'silent' }),
    });
    try {
      expect(JSON.stringify(await everyRow(store))).toContain(MARK);
      expect(await forget(store, { kind: 'user', id: USER }, namesId)).toEqual({
        sessions: 1,
        payments: 1,
        callbacks: 5,
      });
      const left = JSON.stringify(await everyRow(store), (_, value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
      );
      expect(left).not.toContain(MARK);
      const rebuilt = await rebuild({ store, parse: parseCallback });
      expect(rebuilt).toMatchObject({ sessions: 0, payments: 0 });
    } finally {
      await store.close();
    }
    const again = isPglite ? await startProduction(on, { dataDir: on.folder }) : gateway;
    const resumed = await subscribeWs(again.url, {
      query: 'subscription ($after: String) { sessionStatusChanged(after: $after) { kind recovered } }',
      // Of the first callback: all of them are gone.
      variables: {
        after: Buffer.from(
          Buffer.from(stream, 'base64url')
            .toString()
            .replace(/\.\d+\./, '.1.'),
        ).toString('base64url'),
      },
      connectionParams: await bearer({ sub: USER }),
    });
    expect((await resumed.next()).data).toEqual({
      sessionStatusChanged: { kind: 'SNAPSHOT', recovered: false },
    });
    await resumed.close();
  });
});
