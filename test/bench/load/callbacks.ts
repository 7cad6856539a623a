import type { Caller } from './caller.ts';
import { createCallers } from './caller.ts';
import { CALLERS, driveFor } from './drive.ts';
import type { JobOf, Load } from './job.ts';

const STAGES = ['Authentication', 'Accounts', 'AccountBalances', 'Transactions', 'TransactionDetails'];
const STATUSES = ['Initiated', 'InProgress', 'Finished'];
/** How many callbacks a session has until it has walked the whole road. */
export const STEPS = STAGES.length * STATUSES.length;

const USERS = 997;

export interface Step {
  readonly sessionId: string;
  /** From 0 to STEPS − 1, in the order of the road. */
  readonly step: number;
  readonly userId?: string;
  readonly bankId?: string;
}

/** The body of a callback, as short as the aggregator's usual ones. */
function callbackBody({ sessionId, step, userId = 'user', bankId = '75' }: Step): string {
  const [stage, status] = [STAGES[Math.floor(step / STATUSES.length)], STATUSES[step % STATUSES.length]];
  return `{"bank":{"id":"${bankId}","secondaryIdentifiers":[{"type":"1","value":"BPKOPLPW"}]},"bankId":"${bankId}","details":null,"isSca":"true","sessionExternalId":"ext-${sessionId}","sessionId":"${sessionId}","stage":"${stage}","status":"${status}","userId":"${userId}"}`;
}

/** Rejects where the callback is not recorded, or was recorded before. */
export async function deliver(caller: Caller, step: Step): Promise<void> {
  const answer = await caller.post('/callbacks', callbackBody(step));
  if (!/"outcome":"(recorded|late)"/.test(answer)) throw new Error(`not recorded: ${answer}`);
}

/** Callbacks as fast as they are answered, all distinct: sessions walk the whole road, one after another. */
export function createCallbackLoad({ url, seconds }: JobOf<'callbacks'>): Load {
  const callers = createCallers(url, CALLERS);
  const drive = (prefix: string) =>
    driveFor(seconds, callers, (caller, n) => {
      const session = Math.floor(n / STEPS);
      const userId = `user-${session % USERS}`;
      return deliver(caller, { sessionId: `${prefix}${session}`, step: n % STEPS, userId });
    });
  return {
    async prepare() {
      await drive('warm');
    },
    measure: () => drive('run'),
  };
}
