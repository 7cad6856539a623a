import type { ApplySettings } from '../../src/domain/journal/decide-batch.ts';
import { STAGE_NAMES } from '../../src/domain/words.ts';
import type { Judged, Shown } from '../judge/judged.ts';
import { createMemoryStore, DEFAULTS, deliveryOf, type MemoryStore } from '../support/stores/memory-store.ts';

/** STALLED_AFTER_MS by default. */
const STALLED_AFTER_MS = 600_000;

/** Callboard's own way from a delivery to what is shown, without a store beneath: one journal a session. */
export function createCallboardJudged(settings: ApplySettings = DEFAULTS): Judged {
  const stores = new Map<string, MemoryStore>();
  return {
    receive({ at, body }) {
      const wire = JSON.parse(new TextDecoder().decode(body));
      const store = stores.get(wire.sessionId) ?? createMemoryStore(settings);
      stores.set(wire.sessionId, store);
      store.apply([deliveryOf(wire, at)]);
    },
    shown(sessionId, at): Shown | null {
      const session = stores.get(sessionId)?.sessions.get(sessionId);
      if (session === undefined) return null;
      const { outcome, stage, status, nextAction, conflict, lastFactAt } = session;
      const stalled = outcome === 'PENDING' && at - lastFactAt >= STALLED_AFTER_MS;
      const restartSuspected = STAGE_NAMES.some((name) => session.stages[name].suspected !== null);
      return { outcome, stage, status, nextAction, flags: { stalled, restartSuspected, conflict } };
    },
  };
}
