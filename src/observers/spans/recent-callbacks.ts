import type { SpanContext } from '@opentelemetry/api';

/** The last so many are kept: what a slow reader is sent later than that begins a trace of its own. */
const MAX_RECENT = 10_000;

/** The spans of the callbacks that this instance recorded last, by their position in the journal. */
export interface RecentCallbacks {
  add(position: number, span: SpanContext): void;
  /** Null for what another instance recorded. */
  find(position: number): SpanContext | null;
}

export function createRecentCallbacks(): RecentCallbacks {
  const byPosition = new Map<number, SpanContext>();
  return {
    add(position, span) {
      const [oldest] = byPosition.size < MAX_RECENT ? [] : byPosition.keys();
      if (oldest !== undefined) byPosition.delete(oldest);
      byPosition.set(position, span);
    },
    find: (position) => byPosition.get(position) ?? null,
  };
}
