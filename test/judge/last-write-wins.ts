import type { Judged, Shown } from './judged.ts';
import {
  type Outcome,
  STAGES,
  STATUSES,
  type Stage,
  type Status,
  WIRE_STAGES,
  WIRE_STATUSES,
} from './words.ts';

/** The simplest system: it shows the stage and status of the last callback that arrived. */
export function createLastWriteWins(): Judged {
  const sessions = new Map<string, Shown>();
  const decoder = new TextDecoder();
  return {
    receive: ({ body }) => {
      const callback: Record<string, unknown> = JSON.parse(decoder.decode(body));
      const stage = STAGES.find((name) => WIRE_STAGES[name] === callback.stage);
      const status = STATUSES.find((name) => WIRE_STATUSES[name] === callback.status);
      if (!stage || !status) throw new TypeError('a callback without a stage or status');
      const outcome = outcomeOf(stage, status);
      sessions.set(String(callback.sessionId), {
        outcome,
        stage,
        status,
        nextAction: outcome === 'NEEDS_AUTHORIZATION' ? 'REAUTHENTICATE' : 'NONE',
        flags: { stalled: false, restartSuspected: false, conflict: false },
      });
    },
    shown: (sessionId) => sessions.get(sessionId) ?? null,
  };
}

function outcomeOf(stage: Stage, status: Status): Outcome {
  if (stage === 'TRANSACTION_DETAILS') return 'SUCCEEDED';
  if (status === 'AUTHORIZATION_FAILED') return 'NEEDS_AUTHORIZATION';
  if (status === 'FAILED') return stage === 'TRANSACTIONS' ? 'PARTIALLY_SUCCEEDED' : 'FAILED';
  return stage === 'TRANSACTIONS' && status === 'FINISHED' ? 'SUCCEEDED' : 'PENDING';
}
