import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import postgres from 'postgres';
import { beforeAll, expect, it } from 'vitest';
import { namesId } from '../../src/callbacks/parse/names-id.ts';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import { openStore } from '../../src/db/open.ts';
import { forget } from '../../src/db/upkeep/forget.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { createLogger } from '../../src/logger.ts';
import { bytes, fields } from '../support/builders/samples.ts';
import { postCallback, query, send, textAt } from '../support/clients/client.ts';
import { startCallboard } from '../support/clients/command.ts';
import { seconds } from '../support/clients/issuer.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { connectWs, subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeLater } from '../support/closing.ts';
import {
  ACCOUNTANT,
  bearer,
  CALLBACK_SECRET,
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

/** On PostgreSQL, does the work while the table of sessions is not to be found: its errors carry the values. */
async function whileStoreFails(url: string | null, work: () => Promise<void>): Promise<void> {
  if (url === null) return;
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql`alter table sessions rename to sessions_away`;
  try {
    await work();
  } finally {
    await sql`alter table sessions_away rename to sessions`;
    await sql.end();
  }
}

eachStore('what marks a person', (on) => {
  const log: string[] = [];
  const refusals: string[] = [];
  const exporter = new InMemorySpanExporter();
  let metrics: string;
  let gateway: ProductionGateway;
  let stream: string;

  /** Delivers, asks, subscribes and fails in every way, as a person with marks everywhere. */
  beforeAll(async () => {
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
    );
    closeLater(async () => trace.disable());
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
    // PostgreSQL cannot hold this character.
    await gateway.deliver({ ...fields('session-status'), ...IDS, status: `\u0000 ${MARK}` });
    await postCallback(url, bytes(`{"userId": "${USER}", "sessionId"`), {
      'x-callback-secret': CALLBACK_SECRET,
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
    await refused(query(url, `query ${MARK} { viewer { nothing } }`, {}, { ...own, traceparent: MARK }));
    await whileStoreFails(on.databaseUrl, async () => {
      const secret = { 'x-callback-secret': CALLBACK_SECRET, traceparent: `00-${MARK}` };
      const one = { ...fields('session-status'), ...IDS, status: 'Finished' };
      await refused(postCallback(url, one, secret));
      await refused(query(url, '{ session(sessionId: "x") { id } }', {}, own));
    });
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
    const extensions = { traceparent: MARK };
    const ws = await subscribeWs(url, { query: document, connectionParams: own, extensions });
    await ws.next();
    await gateway.deliver({ ...fields('session-status'), ...IDS, status: 'AuthenticationRequired' });
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
    const failures = log.filter(
      (line) => line.includes('could not be recorded') && line.includes('sessions'),
    );
    expect(failures).toHaveLength(on.kind === 'postgres' ? 1 : 0);
  });

  it('stands in no metric', () => {
    expect(metrics).toContain('callboard_callbacks_total{outcome="quarantined"} 4');
    expect(metrics).not.toContain(MARK);
  });

  it('stands in no span, of callbacks, batches, operations and deliveries', () => {
    const spans = exporter.getFinishedSpans();
    expect(new Set(spans.map(({ name }) => name)).size).toBe(4);
    const told = spans.map(({ name, attributes, events, links, status, resource }) =>
      JSON.stringify({ name, attributes, events, links, status, resource: resource.attributes }),
    );
    expect(told.filter((text) => text.includes(MARK) || text.includes(CALLBACK_SECRET))).toEqual([]);
  });

  it.runIf(on.kind === 'postgres')('stands in nothing that commands print at their finest', async () => {
    for (const words of [['replay', '--quarantined'], ['rebuild'], ['migrate']]) {
      const { code, stdout, stderr } = await startCallboard(words, on.env({ LOG_LEVEL: 'trace' })).ended;
      expect(code, stderr).toBe(0);
      expect(stdout + stderr).not.toContain(MARK);
    }
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
        callbacks: 7,
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
