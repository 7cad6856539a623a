import { ProxyTracerProvider, type Tracer, type TracerProvider, trace } from '@opentelemetry/api';

/** Exporters may wait for a collector that does not answer; a process that ends does not. */
const FLUSH_WITHIN_MS = 2_000;

/** The OpenTelemetry SDK that a user registered in this process. */
export interface RegisteredSdk {
  readonly tracer: Tracer;
  /** Has finished spans exported, for two seconds at most. Rejects where the SDK does. */
  flush(): Promise<void>;
}

/**
 * The SDK that is registered now, with a tracer of Callboard's own name; null where none is. The API keeps it on
 * `globalThis`, so that a copy of the API in a bundle finds what another copy registered
 * (https://opentelemetry.io/docs/languages/js/instrumentation/). A copy finds only what a copy of its own minor version
 * or a later one registered.
 */
export function registeredSdk(version: string): RegisteredSdk | null {
  const provider = delegateOf(trace.getTracerProvider());
  if (provider === new ProxyTracerProvider().getDelegate()) return null;
  return { tracer: trace.getTracer('callboard', version), flush: () => flush(provider) };
}

/** The SDK's own provider, which the API wraps. */
function delegateOf(provider: TracerProvider): object {
  if (!('getDelegate' in provider) || typeof provider.getDelegate !== 'function') return provider;
  const delegate: unknown = provider.getDelegate();
  return typeof delegate === 'object' && delegate !== null ? delegate : provider;
}

/** The API has no such method; every SDK has. */
async function flush(provider: object): Promise<void> {
  if (!('forceFlush' in provider) || typeof provider.forceFlush !== 'function') return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_WITHIN_MS);
  });
  try {
    await Promise.race([provider.forceFlush(), late]);
  } finally {
    clearTimeout(timer);
  }
}
