import { once } from 'node:events';
import { createServer } from 'node:http';
import { closeLater } from '../closing.ts';

/** A span as OTLP carries it, its attributes by name. */
export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What an OpenTelemetry collector takes by OTLP over HTTP as JSON. */
export interface SpanCollector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** Every span that was exported so far. */
  spans(): readonly CollectedSpan[];
}

interface SentSpan extends Omit<CollectedSpan, 'attributes'> {
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

/** Starts a collector on a free port; it is closed after the suite. */
export async function startSpanCollector(): Promise<SpanCollector> {
  const spans: CollectedSpan[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(Buffer.from(chunk));
    // cast: the body's form is that of OTLP, which the exporter writes
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
      readonly resourceSpans: readonly {
        readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
      }[];
    };
    for (const { scopeSpans } of resourceSpans)
      for (const { spans: sent } of scopeSpans) spans.push(...sent.map(withAttributes));
    res.setHeader('content-type', 'application/json').setHeader('connection', 'close').end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closeLater(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  return { url: `http://127.0.0.1:${port}`, spans: () => spans };
}

function withAttributes(span: SentSpan): CollectedSpan {
  const attributes = span.attributes.map(({ key, value }) => [key, Object.values(value)[0]] as const);
  return { ...span, attributes: Object.fromEntries(attributes) };
}
