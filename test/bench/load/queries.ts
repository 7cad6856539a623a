import { BANKS, storedSession } from '../stored-sessions.ts';
import type { Caller } from './caller.ts';
import { createCaller, createCallers } from './caller.ts';
import { CALLERS, driveFor } from './drive.ts';
import type { JobOf, Load, QueryName } from './job.ts';

/** What a list of sessions on a screen shows. */
const SHOWN = 'sessionId externalId userId bank{bankId} stage{name status}';
const DAY_MS = 86_400_000;
/** All sessions were received between these times before now: see test/support/builders/fill-store.ts. */
const OLDEST_MS = 32 * DAY_MS;
const NEWEST_MS = 2 * DAY_MS;
/** Places deep in the list from which pages are read, in turn. */
const PLACES = 200;

const bodyOf = (query: string, variables: object = {}) => JSON.stringify({ query, variables });
const below = (count: number) => Math.floor(Math.random() * count);

/** An instant at this share of the time over which sessions were received. */
const instantAt = (share: number) =>
  new Date(Date.now() - OLDEST_MS + share * (OLDEST_MS - NEWEST_MS)).toISOString();

/** Gives the body of the next query; what it has to know first, it asks the gateway. */
const BODIES: Readonly<Record<QueryName, (sessions: number, ask: Ask) => Promise<() => string>>> = {
  async one(sessions) {
    const query = `query($id:ID!){session(sessionId:$id){${SHOWN}}}`;
    return () => bodyOf(query, { id: storedSession(1 + below(sessions)).sessionId });
  },
  async list() {
    const body = bodyOf(`{sessions(first:50){edges{node{${SHOWN}}}}}`);
    return () => body;
  },
  async lists() {
    const query = `query($t:DateTime){sessions(first:50,filter:{updatedAt:{before:$t}},orderBy:{field:UPDATED_AT}){edges{node{${SHOWN}}}}}`;
    // Not of the oldest tenth, so that each list is full.
    return () => bodyOf(query, { t: instantAt(0.1 + 0.9 * Math.random()) });
  },
  async filtered() {
    const query = `query($bank:ID){sessions(first:20,filter:{bankId:$bank}){edges{node{${SHOWN}}}}}`;
    return () => bodyOf(query, { bank: `b${below(BANKS)}` });
  },
  async deep(_, ask) {
    const query = 'query($t:DateTime){sessions(first:1,filter:{createdAt:{before:$t}}){edges{cursor}}}';
    const cursors: string[] = [];
    for (let place = 0; place < PLACES; place += 1) {
      const t = instantAt(0.1 + (0.4 * place) / PLACES);
      const cursor = /"cursor":"([^"]+)"/.exec(await ask(bodyOf(query, { t })))?.[1];
      if (cursor === undefined) throw new Error('the list has no such place');
      cursors.push(cursor);
    }
    const page = `query($after:String){sessions(first:20,after:$after){edges{node{${SHOWN}}}}}`;
    return () => bodyOf(page, { after: cursors[below(PLACES)] });
  },
};

/** How many sessions each answer has. */
const ROWS: Readonly<Record<QueryName, number>> = { one: 1, list: 50, lists: 50, filtered: 20, deep: 20 };

type Ask = (body: string) => Promise<string>;

/** The answer, where it is one without errors. */
export async function ask(caller: Caller, body: string): Promise<string> {
  const answer = await caller.post('/graphql', body);
  if (answer.includes('"errors":')) throw new Error(`answered: ${answer}`);
  return answer;
}

/** Queries of one kind as fast as they are answered. */
export function createQueryLoad({ url, seconds, query, sessions }: JobOf<'queries'>): Load {
  const callers = createCallers(url, CALLERS);
  let next = () => '';
  const drive = () =>
    driveFor(seconds, callers, async (caller) => {
      await ask(caller, next());
    });
  return {
    async prepare() {
      const first = createCaller(url);
      next = await BODIES[query](sessions, (body) => ask(first, body));
      const rows = (await ask(first, next())).split('"sessionId"').length - 1;
      if (rows !== ROWS[query]) throw new Error(`${query}: ${rows} sessions instead of ${ROWS[query]}`);
      await drive();
    },
    measure: drive,
  };
}
