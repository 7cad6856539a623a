import { randomBytes } from 'node:crypto';
import { context, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createObserver, UNOBSERVED } from '../../src/observe.ts';
import { createSpans } from '../../src/observers/spans/spans.ts';
import { fields } from '../support/builders/samples.ts';
import { postCallback, send } from '../support/clients/client.ts';
import {
  type CollectedSpan,
  type SpanCollector,
  startSpanCollector,
} from '../support/clients/span-collector.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeAll, closeLater } from '../support/closing.ts';
import { command } from '../support/documents.ts';
import { spawnGateway } from '../support/gateways/gateway.ts';
import { LONG } from '../support/long.ts';
import { startByShell } from '../support/shell.ts';
import { eachStore, makeDatabase } from '../support/stores/stores.ts';

const LIVE = 'subscription { sessionStatusChanged { cursor kind } }';

/** A gateway as docs/operations.md starts it, whose spans go to the collector. */
const startTraced = (collector: SpanCollector, env: Readonly<Record<string, string>>) =>
  startByShell(
    command('otel'),
    { env: { PORT: '0', ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } },
    20_000,
  );

/** A sender's span. */
function newSender() {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

const callback = (sessionId: string) => ({ ...fields('session-status'), sessionId });

eachStore('with an OpenTelemetry SDK', (on) => {
  // Spans stand above the store: in a run of all tests, once is enough.
  describe.skipIf(!LONG && on.kind === 'pglite')('in the process', () => {
    let collector: SpanCollector;
    const [sender, asker, wsAsker] = [newSender(), newSender(), newSender()];
    const many = Array.from({ length: 40 }, newSender);
    const named = (name: string) => collector.spans().filter((span) => span.name === `callboard.${name}`);
    const childrenOf = ({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }) =>
      collector.spans().filter((span) => span.traceId === traceId && span.parentSpanId === spanId);

    beforeAll(async () => {
      collector = await startSpanCollector();
      const gateway = await startTraced(collector, on.env());
      const { url } = gateway;
      const ws = await subscribeWs(url, {
        query: LIVE,
        extensions: { traceparent: wsAsker.traceparent },
      });
      const sse = await subscribeSse(url, { query: LIVE });
      await Promise.all([ws.next(), sse.next()]);
      const { traceparent } = sender;
      expect((await postCallback(url, callback('s1'), { traceparent })).status).toBe(200);
      await Promise.all([ws.next(), sse.next()]);
      expect((await postCallback(url, callback('s1'), { traceparent })).status).toBe(200);
      await Promise.all(
        many.map(({ traceparent }, n) => postCallback(url, callback(`many-${n}`), { traceparent })),
      );
      for (const _ of many) await Promise.all([ws.next(), sse.next()]);
      await postCallback(url, callback('s2'), { traceparent: '00-of nothing' });
      await send(`${url}/callbacks`, { headers: { traceparent } });
      await send(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', traceparent: asker.traceparent },
        body: JSON.stringify({ query: '{ sessions { liveCursor } }' }),
      });
      // Spans are exported every five seconds, and when the gateway ends: none of these may be lost.
      expect(await gateway.stop()).toBe(0);
    });

    it("a callback's traceparent leads to its batch, and to its deliveries over each transport", () => {
      const [received, repeated, refused] = childrenOf(sender);
      expect(received).toMatchObject({
        name: 'callboard.callback',
        attributes: { 'callboard.outcome': 'recorded', 'callboard.position': 1 },
      });
      const found = received === undefined ? [] : childrenOf(received);
      const delivered = {
        'callboard.position': 1,
        'callboard.deliveries': 1,
        'callboard.subject': 'session',
      };
      expect(found).toHaveLength(3);
      expect(found).toContainEqual(
        expect.objectContaining({
          name: 'callboard.batch',
          attributes: { 'callboard.callbacks': 1, 'callboard.rows': 1, 'callboard.first_position': 1 },
        }),
      );
      for (const transport of ['ws', 'sse'])
        expect(found.find(({ attributes }) => attributes['callboard.transport'] === transport)).toMatchObject(
          {
            name: 'callboard.delivery',
            attributes: delivered,
          },
        );
      expect(repeated?.attributes).toMatchObject({
        'callboard.outcome': 'repeated',
        'callboard.position': 1,
      });
      expect(refused?.attributes).toMatchObject({
        'callboard.outcome': 'refused',
        'http.response.status_code': 405,
      });
    });

    it('a batch of several callbacks and each of them are linked, and each has its own deliveries', () => {
      const batches = named('batch').filter(
        ({ attributes }) => Number(attributes['callboard.callbacks']) > 1,
      );
      expect(batches.length).toBeGreaterThan(0);
      const isLinked = (from: CollectedSpan, to: CollectedSpan) =>
        from.links.some(({ spanId, traceId }) => spanId === to.spanId && traceId === to.traceId);
      for (const batch of batches) expect(batch.parentSpanId).toBeUndefined();
      for (const one of many) {
        const [received] = childrenOf(one);
        if (received === undefined) throw new Error('a callback has no span');
        const found = childrenOf(received);
        const batch = found.find(({ name }) => name === 'callboard.batch');
        if (batch === undefined) {
          const linked = batches.filter((each) => isLinked(received, each));
          expect(linked).toHaveLength(1);
          expect(linked.every((each) => isLinked(each, received))).toBe(true);
        }
        const transports = found.flatMap(({ attributes }) => attributes['callboard.transport'] ?? []);
        expect(transports.sort()).toEqual(['sse', 'ws']);
      }
    });

    it('an operation is a child of its traceparent: of the header, or of extensions on a socket', () => {
      expect(childrenOf(asker)).toMatchObject([
        {
          name: 'callboard.operation',
          attributes: { 'graphql.operation.type': 'query', 'callboard.code': 'OK' },
        },
      ]);
      expect(childrenOf(wsAsker)).toMatchObject([
        { name: 'callboard.operation', attributes: { 'graphql.operation.type': 'subscription' } },
      ]);
    });

    it('a callback without a valid traceparent begins a trace', () => {
      const roots = named('callback').filter(({ parentSpanId }) => parentSpanId === undefined);
      expect(roots).toHaveLength(1);
      expect(roots[0]?.traceId).toMatch(/^(?!0{32})[\da-f]{32}$/);
    });

    it('every attribute is a number or a word of a closed set', () => {
      for (const { attributes } of collector.spans())
        for (const value of Object.values(attributes))
          if (typeof value !== 'number') expect(value).toMatch(/^[\w ]{1,40}$/);
    });
  });
});

describe.skipIf(inject('postgresUrl') === null)('what another instance recorded', () => {
  let database: Awaited<ReturnType<typeof makeDatabase>>;
  beforeAll(async () => {
    database = await makeDatabase(inject('postgresUrl') ?? '', inject('postgresTemplate'));
  });
  afterAll(async () => {
    await closeAll();
    await database.drop();
  });

  it('is delivered in a trace of its own, found by its position', async () => {
    const collector = await startSpanCollector();
    const other = await spawnGateway({ DATABASE_URL: database.url });
    const traced = await startTraced(collector, { DATABASE_URL: database.url });
    const live = await subscribeWs(traced.url, { query: LIVE });
    await live.next();
    await postCallback(other.url, callback('s1'), { traceparent: newSender().traceparent });
    await live.next();
    await live.close();
    await traced.stop();
    await other.terminate();
    const [delivery, ...more] = collector.spans().filter(({ name }) => name === 'callboard.delivery');
    expect(more).toEqual([]);
    expect(delivery?.attributes).toMatchObject({ 'callboard.position': 1, 'callboard.transport': 'ws' });
    expect(delivery?.parentSpanId).toBeUndefined();
  });
});

describe('where the request has a span already, as instrumentation of HTTP makes one', () => {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const answered = {
    ...{ httpStatus: 200, outcome: 'recorded', kind: 'PAYMENT', stage: null, status: 'COMPLETED' },
    ...{ position: 1, bytes: 9, ms: 1, cause: null },
  };
  const exporter = new InMemorySpanExporter();
  beforeAll(() => {
    const manager = new AsyncLocalStorageContextManager().enable();
    context.setGlobalContextManager(manager);
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
    );
    closeLater(async () => {
      context.disable();
      trace.disable();
    });
  });
  afterAll(closeAll);

  it('that span is the parent, unless it is of another trace than the traceparent or has ended', () => {
    const { emit, on } = createObserver(log);
    createSpans({ emit, on }, { version: '0.0.0', log });
    const open = trace.getTracer('http').startSpan('request');
    const { traceId, spanId } = open.spanContext();
    const sender = newSender();
    const answer = (traceparent: string | null) =>
      context.with(trace.setSpan(context.active(), open), () =>
        emit.callbackAnswered?.({ ...answered, traceparent }),
      );
    answer(null);
    answer(`00-${traceId}-${sender.spanId}-01`);
    answer(sender.traceparent);
    open.end();
    answer(null);
    // Of a sender whose span is not sampled.
    const unsampled = { traceId: newSender().traceId, spanId: sender.spanId, traceFlags: TraceFlags.NONE };
    context.with(trace.setSpanContext(context.active(), unsampled), () =>
      emit.callbackAnswered?.({ ...answered, traceparent: null }),
    );
    const spans = exporter.getFinishedSpans().filter(({ name }) => name === 'callboard.callback');
    expect(spans.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([
      ...[spanId, spanId],
      ...[sender.spanId, undefined],
    ]);
  });
});

describe('without an SDK', () => {
  it('spans listen to nothing', async () => {
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const { emit, on } = createObserver(log);
    await createSpans({ emit, on }, { version: '0.0.0', log }).close();
    expect(emit).toEqual(UNOBSERVED);
  });
});
