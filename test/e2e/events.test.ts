import { expect, it } from 'vitest';
import { createLogger } from '../../src/logger.ts';
import { createObserver, type EventName, UNOBSERVED } from '../../src/observe.ts';
import { fields } from '../support/builders/samples.ts';
import { postCallback, query } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

const SUBSCRIPTION = 'subscription { sessionStatusChanged { cursor session { sessionId } } }';
/** They carry an error, what a client sent, or the configuration: not for metrics. */
const WITH_TEXTS: readonly EventName[] = ['started', 'callbackAnswered', 'originRefused', 'hostRefused'];

/** Listens to every event there is. */
function collect() {
  const observer = createObserver(createLogger({ level: 'silent' }));
  const events: { readonly name: EventName; readonly event: Readonly<Record<string, unknown>> }[] = [];
  // cast: Object.keys forgets which keys it was asked for
  for (const name of Object.keys(UNOBSERVED) as EventName[]) {
    observer.on(name, (event) => events.push({ name, event: { ...event } }));
  }
  return { observer, events };
}

eachStore('along the road', (on) => {
  it('one callback, query and subscription emit their events in order, of closed words and numbers', async () => {
    const { observer, events } = collect();
    const gateway = await startGateway(on.config(), { observer });
    const ws = await subscribeWs(gateway.url, { query: SUBSCRIPTION });
    const sse = await subscribeSse(gateway.url, { query: SUBSCRIPTION });
    await Promise.all([ws.next(), sse.next()]);
    await postCallback(gateway.url, { ...fields('session-status'), sessionId: 's1', userId: 'anna' });
    await Promise.all([ws.next(), sse.next()]);
    await query(gateway.url, '{ session(sessionId: "s1") { version } }');
    await query(gateway.url, '{ nothing }');
    await ws.close();
    await sse.close();
    await gateway.close();

    const of = (name: EventName) => events.filter((one) => one.name === name).map(({ event }) => event);
    const recording = ['batchBegan', 'journalWritten', 'batchWritten', 'batchCommitted', 'batchAnswered'];
    expect(events.map(({ name }) => name).filter((name) => recording.includes(name))).toEqual(recording);
    expect(of('batchCommitted')).toEqual([
      { callbacks: 1, rows: 1, firstPosition: 1, ms: expect.any(Number) },
    ]);
    expect(of('callbackAnswered')).toMatchObject([{ httpStatus: 200, outcome: 'recorded' }]);
    for (const transport of ['ws', 'sse']) {
      const subject = 'session';
      expect(of('subscriptionOpened')).toContainEqual({
        transport,
        subject,
        resumed: false,
        recovered: true,
      });
      expect(of('changeDelivered')).toContainEqual({ transport, subject, position: null, ms: null });
      expect(of('changeDelivered')).toContainEqual({
        ...{ transport, subject },
        ...{ position: 1, ms: expect.any(Number) },
      });
      expect(of('readerEnded')).toContainEqual({
        ...{ transport, subject },
        reason: expect.stringMatching(/completed|disconnected|draining/),
      });
    }
    for (const { ms } of of('changeDelivered').filter((event) => event.ms !== null)) {
      expect(Math.abs(Number(ms))).toBeLessThan(10_000);
    }
    expect(of('operationExecuted').map(({ type, code }) => `${type} ${code}`)).toEqual([
      'subscription OK',
      'subscription OK',
      'query OK',
      'query GRAPHQL_VALIDATION_FAILED',
    ]);
    expect(events.map(({ name }) => name).filter((name) => name.startsWith('drain'))).toEqual([
      'drainBegan',
      'drainEnded',
    ]);

    for (const { name, event } of events.filter((one) => !WITH_TEXTS.includes(one.name))) {
      for (const value of Object.values(event)) {
        if (typeof value === 'string') expect(value, name).toMatch(/^[\w ]{1,40}$/);
      }
      expect(JSON.stringify(event)).not.toMatch(/anna|s1\b/);
    }
  });

  it('a cursor that cannot be honoured is emitted as such', async () => {
    const { observer, events } = collect();
    const gateway = await startGateway(on.config(), { observer });
    const stream = await subscribeSse(gateway.url, {
      query: 'subscription { sessionStatusChanged(sessionId: "s2") { cursor recovered } }',
    });
    const { data } = await stream.next();
    await stream.close();
    const cursor = JSON.stringify(data).match(/"cursor":"([^"]+)"/)?.[1] ?? '';
    const elsewhere = cursor.replace(/^./, (first) => (first === 'a' ? 'b' : 'a'));
    const again = await subscribeSse(gateway.url, {
      query:
        'subscription ($after: String) { sessionStatusChanged(sessionId: "s2", after: $after) { recovered } }',
      variables: { after: elsewhere },
    });
    await again.next();
    await again.close();
    await gateway.close();
    const opened = events
      .filter(({ name }) => name === 'subscriptionOpened')
      .map(({ event: { resumed, recovered } }) => ({ resumed, recovered }));
    expect(opened).toEqual([
      { resumed: false, recovered: true },
      { resumed: true, recovered: false },
    ]);
  });
});
