import { z } from 'zod';
import {
  type SessionOutcome,
  STAGE_NAMES,
  STAGE_STATUSES,
  type StageName,
  type StageStatus,
  wireReader,
} from '../domain/words.ts';

/** What a gateway shows for which the last callback that arrived is the state. */
export interface Naive {
  readonly stage: StageName;
  readonly status: StageStatus;
  readonly outcome: SessionOutcome;
  /** How many accounts the last list had. */
  readonly accounts: number;
}

const Body = z.object({
  stage: z.string().transform(wireReader(STAGE_NAMES)).pipe(z.enum(STAGE_NAMES)),
  status: z.string().transform(wireReader(STAGE_STATUSES)).pipe(z.enum(STAGE_STATUSES)),
  details: z.object({ accounts: z.array(z.unknown()) }).nullish(),
});

/**
 * Takes each callback as it comes, as the simplest gateway does.
 * @throws where the body is not that of a session
 */
export function lastWriteWins(before: Naive | null, body: string): Naive {
  const { stage, status, details } = Body.parse(JSON.parse(body));
  return {
    ...{ stage, status, outcome: outcomeOf(stage, status) },
    accounts: details?.accounts.length ?? before?.accounts ?? 0,
  };
}

function outcomeOf(stage: StageName, status: StageStatus): SessionOutcome {
  if (status === 'AUTHORIZATION_FAILED') return 'NEEDS_AUTHORIZATION';
  if (status === 'FAILED') return stage === 'TRANSACTIONS' ? 'PARTIALLY_SUCCEEDED' : 'FAILED';
  return stage === 'TRANSACTIONS' && status === 'FINISHED' ? 'SUCCEEDED' : 'PENDING';
}
