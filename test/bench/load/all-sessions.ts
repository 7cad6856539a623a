import { storedSession } from '../stored-sessions.ts';
import { deliver } from './callbacks.ts';
import { createCaller, createCallers } from './caller.ts';
import { CALLERS, driveAll } from './drive.ts';
import type { JobOf, Load, Measured } from './job.ts';
import { ask } from './queries.ts';

const PAGE = `query($after:String){sessions(first:100,after:$after){edges{node{sessionId outcome stage{name status} accounts{accountNumber}}} pageInfo{endCursor hasNextPage}}}`;
/** Rounds in which the first page is read before anything is measured: then queries are compiled, and buffers allocated. */
const WARM_UPS = 500;
/** TransactionDetails/Initiated, which no stored session has. */
const STEP = 12;

async function timed(expected: number, work: () => Promise<number>): Promise<Measured> {
  const began = performance.now();
  const done = await work();
  return { done, expected, seconds: (performance.now() - began) / 1_000, p50Ms: null, p99Ms: null };
}

/** Reads every stored session once, page by page. */
export function createReadAll({ url, sessions }: JobOf<'read-all'>): Load {
  const caller = createCaller(url);
  const read = (after: string | null) => ask(caller, JSON.stringify({ query: PAGE, variables: { after } }));
  return {
    async prepare() {
      for (let round = 0; round < WARM_UPS; round += 1) await read(null);
    },
    measure: () =>
      timed(sessions, async () => {
        let done = 0;
        for (let after: string | null | undefined = null; after !== undefined; ) {
          const page = await read(after);
          done += page.split('"sessionId"').length - 1;
          after = /"endCursor":"([^"]+)","hasNextPage":true/.exec(page)?.[1];
        }
        return done;
      }),
  };
}

/** Sends a callback of every stored session. */
export function createWriteAll({ url, sessions }: JobOf<'write-all'>): Load {
  const callers = createCallers(url, CALLERS);
  return {
    async prepare() {},
    measure: () =>
      timed(sessions, async () => {
        await driveAll(sessions, callers, (caller, n) =>
          deliver(caller, { ...storedSession(n + 1), step: STEP }),
        );
        return sessions;
      }),
  };
}
