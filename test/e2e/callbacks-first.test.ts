import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { at, type Headers, postCallback, query } from '../support/clients/client.ts';
import { deliverAll } from '../support/clients/flood.ts';
import { startGreedyClients } from '../support/clients/greedy-clients.ts';
import { spawnGateway } from '../support/gateways/gateway.ts';
import { bearer, OPERATOR, productionEnv } from '../support/gateways/production.ts';
import { LONG, longOr } from '../support/long.ts';
import { eachStore } from '../support/stores/stores.ts';

const GREEDY_VIEWERS = longOr(10, 2);
const CONNECTIONS = 48;
const SESSIONS = longOr(300, 100);
const MEASURED_MS = longOr(20_000, 2_000);
const EVERY_MS = 25;

/** In milliseconds, of 99 in 100, on a machine that does nothing else: asserted in the long form. */
const CALLBACKS_WITHIN_MS = 250;
const OTHERS_WITHIN_MS = 500;
/**
 * How many lists are answered while a callback or another viewer's query is, by the median: this does not depend on
 * what else the machine does. While nothing kept lists back it was hundreds.
 */
const LISTS_MEANWHILE = 12;

const LIST = `{ sessions(first: 100) { edges { node { sessionId outcome stage { name status }
  stages { name status attempt } accounts { accountNumber accountType } transactionPages { accountId } } } } }`;
const ONE = '{ session(sessionId: "session-1") { sessionId outcome } }';

const bank = { bankId: 'bank-75', bank: { id: 'bank-75', secondaryIdentifiers: [] } };
const status = fields('session-status');
const session = (n: number) => ({ ...status, ...bank, sessionId: `session-${n}`, userId: 'anna' });
const withAccounts = (n: number) => ({
  ...session(n),
  stage: 'Accounts',
  status: 'Finished',
  details: { accounts: [1, 2, 3].map((account) => ({ accountNumber: `BE${n}-${account}` })) },
});

/** Of each one sent: how long it took, in milliseconds, and how many lists were answered meanwhile. */
interface Passed {
  readonly times: number[];
  readonly lists: number[];
}

const passed = (): Passed => ({ times: [], lists: [] });

/** What so many of a hundred do not exceed. */
const within = (times: readonly number[], ofHundred: number): number =>
  times.toSorted((a, b) => a - b)[Math.ceil((times.length * ofHundred) / 100) - 1] ??
  Number.POSITIVE_INFINITY;

eachStore('while greedy clients ask for long lists', (on) => {
  it('callbacks are recorded and others are answered before them', async () => {
    // Production wants PostgreSQL; on PGlite all are one viewer, who is not limited.
    const isProduction = on.kind === 'postgres';
    const env = isProduction ? productionEnv : {};
    const { url, terminate } = await spawnGateway({ ...on.env(env), LOG_LEVEL: 'info' });
    const secret: Headers = isProduction
      ? { 'x-callback-secret': productionEnv.CALLBACK_HEADER_SECRETS }
      : {};
    const bearerOf = async (sub: string): Promise<Headers> =>
      isProduction ? await bearer({ ...OPERATOR, sub }) : {};
    const bodies = Array.from({ length: SESSIONS }, (_, n) => JSON.stringify(withAccounts(n)));
    const seeded = await deliverAll(url, bodies, { headers: secret });
    expect(seeded.filter(({ status }) => status !== 200)).toEqual([]);

    const me = await bearerOf('me');
    await query(url, ONE, {}, me);
    const viewers = await Promise.all(
      Array.from({ length: GREEDY_VIEWERS }, (_, n) => bearerOf(`greedy-${n}`)),
    );
    const body = JSON.stringify({ query: LIST });
    const greedy = await startGreedyClients(
      url,
      viewers.map((headers) => ({ ...headers, body })),
      CONNECTIONS,
    );
    const [callbacks, others, sent]: [Passed, Passed, Promise<void>[]] = [passed(), passed(), []];
    const timed = async ({ times, lists }: Passed, work: () => Promise<boolean>): Promise<void> => {
      const [began, before] = [performance.now(), greedy.answered()];
      const isAnswered = await work();
      // What is refused was never answered.
      times.push(isAnswered ? performance.now() - began : Number.POSITIVE_INFINITY);
      lists.push(isAnswered ? greedy.answered() - before : Number.POSITIVE_INFINITY);
    };
    const until = performance.now() + MEASURED_MS;
    for (let n = 0; performance.now() < until; n++) {
      const changed = { ...session(n % SESSIONS), stage: 'Transactions', status: 'InProgress', extra: n };
      sent.push(timed(callbacks, async () => (await postCallback(url, changed, secret)).status === 200));
      // In explore mode there is nobody else.
      if (isProduction && n % 2 === 0) {
        sent.push(
          timed(
            others,
            async () => at((await query(url, ONE, {}, me)).data, 'session', 'sessionId') === 'session-1',
          ),
        );
      }
      await pause(EVERY_MS);
    }
    await Promise.all(sent);
    const counts = await greedy.end();
    const measured = isProduction ? [callbacks, others] : [callbacks];
    const figures = measured.map(({ times }) => [50, 99, 100].map((part) => Math.round(within(times, part))));
    if (LONG) console.log(`${on.kind}: p50, p99, max of callbacks and others in ms`, figures, counts);
    // The greedy get what is left, and nothing but clear answers.
    expect(counts['200'] ?? 0).toBeGreaterThan(0);
    expect(Object.keys(counts).filter((name) => !['200', '429', '503'].includes(name))).toEqual([]);
    for (const { lists } of measured)
      expect(within(lists, 50), String(figures)).toBeLessThan(LISTS_MEANWHILE);
    if (LONG && isProduction) {
      expect(within(callbacks.times, 99), String(figures)).toBeLessThan(CALLBACKS_WITHIN_MS);
      expect(within(others.times, 99), String(figures)).toBeLessThan(OTHERS_WITHIN_MS);
    }
    expect((await terminate()).code).toBe(0);
  }, 120_000);
});
