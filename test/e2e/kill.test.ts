import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import { createRecorder } from '../../src/db/record/recorder.ts';
import { createLogger } from '../../src/logger.ts';
import type { EventName } from '../../src/observe.ts';
import { seeded } from '../support/builders/seed.ts';
import { deliverAll } from '../support/clients/flood.ts';
import { ownProgram, type SpawnedGateway, spawnGateway } from '../support/gateways/gateway.ts';
import { longOr } from '../support/long.ts';
import { DEFAULTS, deliveryOf } from '../support/stores/memory-store.ts';
import { eachStore, type TestStore } from '../support/stores/stores.ts';
import { expectTheFold, readStore } from '../support/stores/tables.ts';
import { untilReadyz } from '../support/until.ts';

const READY_WITHIN_MS = 15_000;
/** The steps of recording a batch, in order. */
const STEPS: readonly EventName[] = [
  'batchBegan',
  'journalWritten',
  'batchWritten',
  'batchCommitted',
  'batchAnswered',
];
/** Those between which a batch is one statement where nothing has to be read first. */
const AT_ONCE: readonly EventName[] = ['journalWritten', 'batchWritten', 'batchCommitted'];
const STATUSES = ['Initiated', 'InProgress', 'Finished', 'Failed'];

/** Sessions that meet again in later rounds: a gateway that has just started does not know them, and reads them first. */
const known = (n: number): string => `session-${n % 40}`;

/** Callbacks of one round, each with a mark of its own. */
function bodiesOf(round: string, count: number, sessionOf = known): readonly string[] {
  return Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      ...{ sessionId: sessionOf(n), userId: 'user-anna', bankId: 'bank-75' },
      ...{ stage: n % 3 === 0 ? 'Accounts' : 'Transactions', status: STATUSES[n % STATUSES.length] },
      mark: `${round} ${n}`,
    }),
  );
}

/** Fills a store's journal before any gateway opens it. */
async function prefill(of: TestStore, count: number): Promise<void> {
  const { databaseUrl, dataDir } = of.config();
  const log = createLogger({ level: 'silent' });
  const store = await openStore({ databaseUrl, dataDir, pooled: false, log });
  const recorder = createRecorder({ store, settings: DEFAULTS, outlet: null, log });
  const bodies = bodiesOf('before', count);
  for (let from = 0; from < count; from += 500) {
    const wires = bodies.slice(from, from + 500).map((body, n) => {
      const wire = JSON.parse(body);
      return { ...wire, sessionId: `before-${Math.floor((from + n) / 10)}` };
    });
    await Promise.all(wires.map((wire) => recorder.record(deliveryOf(wire, Date.now()))));
  }
  await recorder.close();
  await store.close();
}

/** Starts a gateway on the store that was left behind, and checks that it gets ready in time by itself. */
async function restarted(
  of: TestStore,
  env: Record<string, string> = {},
  script?: string,
): Promise<SpawnedGateway> {
  const began = performance.now();
  const gateway = await spawnGateway(of.env({ LOG_LEVEL: 'info', ...env }), READY_WITHIN_MS, script);
  await untilReadyz(gateway.url, 200, READY_WITHIN_MS);
  expect(performance.now() - began).toBeLessThan(READY_WITHIN_MS);
  return gateway;
}

eachStore('kill -9', (of) => {
  test(
    'loses nothing that was answered 200, and the state is the fold: at random moments, and at each step of recording, whether a batch is a transaction or one statement',
    async () => {
      await prefill(of, longOr(100_000, 500, 10_000));
      const answered: string[] = [];
      const unanswered: string[] = [];
      const sort = (bodies: readonly string[], answers: readonly { status: number | null }[]) => {
        for (const [n, body] of bodies.entries())
          (answers[n]?.status === 200 ? answered : unanswered).push(body);
      };

      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 150 }), async (after) => {
          const gateway = await restarted(of);
          const bodies = bodiesOf(`round ${round++}`, 250);
          let came = 0;
          const onAnswer = () => {
            if (came++ === after) void gateway.kill();
          };
          sort(bodies, await deliverAll(gateway.url, bodies, { connections: 20, onAnswer }));
          expect(await gateway.exited).toMatchObject({ signal: 'SIGKILL' });
        }),
        { ...seeded(longOr(25, 2, 3)), endOnFailure: true },
      );

      // New sessions are written at once from the second batch on.
      const rounds = [
        ...STEPS.map((step) => ({ step, way: 'locked', sessionOf: known })),
        ...AT_ONCE.map((step) => ({ step, way: 'at once', sessionOf: (n: number) => `${step}-${n}` })),
      ];
      for (const { step, way, sessionOf } of rounds) {
        const env = { KILL_EVENT: step, KILL_AT: '3' };
        const gateway = await restarted(of, env, ownProgram('killed-at-event'));
        const bodies = bodiesOf(`step ${step} ${way}`, 150, sessionOf);
        sort(bodies, await deliverAll(gateway.url, bodies, { connections: 20 }));
        expect(await gateway.exited).toMatchObject({ signal: 'SIGKILL' });
      }

      // The sender tries again with what was not answered: everything is in, each once.
      expect(answered.length).toBeGreaterThan(0);
      expect(unanswered.length).toBeGreaterThan(0);
      const last = await restarted(of);
      const again = await deliverAll(last.url, unanswered, { connections: 20 });
      expect(new Set(again.map(({ status }) => status))).toEqual(new Set([200]));
      await last.kill();

      const tables = await readStore(of.config());
      const journal = tables.rows.map(({ body }) => new TextDecoder().decode(body));
      const kept = new Set(journal);
      expect(kept.size).toBe(journal.length);
      expect([...answered, ...unanswered].filter((body) => !kept.has(body))).toEqual([]);
      expectTheFold(tables, DEFAULTS);
    },
    longOr(900_000, 180_000, 300_000),
  );
});
