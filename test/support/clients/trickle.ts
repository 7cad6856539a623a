import { setTimeout as pause } from 'node:timers/promises';
import { fields } from '../builders/samples.ts';
import { type Answer, postCallback, send } from './client.ts';

/** What a trickle was answered: how often each status, or each code of an error of the connection. */
export type AnswerCounts = Readonly<Record<string, number>>;

export interface TrickleCounts {
  /** First deliveries and repeats; what the aggregator sends again after an answer other than 200 is not counted. */
  readonly callbacks: AnswerCounts;
  readonly queries: AnswerCounts;
  /** Distinct callbacks, all of them recorded. */
  readonly recorded: number;
}

export interface TrickleRates {
  /** New callbacks a second: each is a change for all who listen. */
  readonly changes: number;
  /** Callbacks a second that were sent before: they are answered, and change nothing. */
  readonly repeats: number;
  /** Queries a second. */
  readonly queries: number;
}

const SESSION_COUNT = 5;
const STATUSES = ['InProgress', 'Finished', 'Initiated'];
const AGAIN_AFTER_MS = 200;

/** Sends callbacks and queries at steady rates until it is stopped, each on a connection of its own. */
export function startTrickle(url: string, rates: TrickleRates): { stop(): Promise<TrickleCounts> } {
  const counts = { callbacks: new Map<string, number>(), queries: new Map<string, number>() };
  const inFlight = new Set<Promise<void>>();
  const delivered: object[] = [];
  let made = 0;

  const counted = async (kind: keyof typeof counts, answer: Promise<Answer>) => {
    const said = await answer.then(nameOf, codeOf);
    counts[kind].set(said, (counts[kind].get(said) ?? 0) + 1);
    return said;
  };
  const change = async (): Promise<void> => {
    made += 1;
    const body = {
      ...fields('session-status'),
      sessionId: `session-${made % SESSION_COUNT}`,
      status: STATUSES[made % STATUSES.length],
      // Distinct bytes, so that each is a callback of its own.
      details: { accounts: [{ accountNumber: `BE${made}`, accountType: 'x', accountRelation: [] }] },
    };
    let said = await counted('callbacks', postCallback(url, body));
    while (said !== '200') {
      await pause(AGAIN_AFTER_MS);
      said = await postCallback(url, body).then(nameOf, codeOf);
    }
    delivered.push(body);
  };
  const repeat = async (): Promise<void> => {
    const [body] = delivered.slice(-1);
    if (body !== undefined) await counted('callbacks', postCallback(url, body));
  };
  const ask = async (): Promise<void> => {
    const body = JSON.stringify({ query: '{ sessions { edges { node { version } } } }' });
    const headers = { 'content-type': 'application/json' };
    await counted('queries', send(`${url}/graphql`, { method: 'POST', headers, body }));
  };

  const timers = (
    [
      [change, rates.changes],
      [repeat, rates.repeats],
      [ask, rates.queries],
    ] as const
  ).map(([work, rate]) =>
    setInterval(() => {
      const running: Promise<void> = work().finally(() => inFlight.delete(running));
      inFlight.add(running);
    }, 1_000 / rate),
  );

  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(inFlight);
      return {
        callbacks: Object.fromEntries(counts.callbacks),
        queries: Object.fromEntries(counts.queries),
        recorded: delivered.length,
      };
    },
  };
}

/** A proxy that has no server answers by itself, in HTML. */
const nameOf = ({ status, text }: Answer): string =>
  `${status}${text.startsWith('<') ? ' of the proxy' : ''}`;
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
