import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import type { Config } from '../../src/config/config.ts';
import { openStore } from '../../src/db/open.ts';
import { banks, payments, sessions } from '../../src/db/schema.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { createLogger } from '../../src/logger.ts';
import { disordered, history, type Wire } from '../support/builders/histories.ts';
import { seeded } from '../support/builders/seed.ts';
import { visible, visiblePayment } from '../support/builders/visible.ts';
import { at } from '../support/clients/client.ts';
import { deliverAll } from '../support/clients/flood.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { longOr } from '../support/long.ts';
import { createMemoryStore, DEFAULTS, deliveryOf, type MemoryStore } from '../support/stores/memory-store.ts';
import { everyRow } from '../support/stores/recording.ts';
import { eachStore } from '../support/stores/stores.ts';
import { expectTheFold, readStore } from '../support/stores/tables.ts';

/** What is quarantined, and what another owner sends, among what applies. */
const stray: fc.Arbitrary<Wire> = fc.constantFrom<Wire[]>(
  { sessionId: 'session-1', userId: 'user-anna', bankId: 'bank-75', stage: 'Nowhere', status: 'Finished' },
  { sessionId: 'session-1', userId: 'user-anna', bankId: 'bank-75', stage: 'Accounts', status: 'Sometimes' },
  { sessionId: 'session-1', userId: 'user-berta', bankId: 'bank-75', stage: 'Accounts', status: 'Finished' },
  { nothing: 'known' },
);

const payment: fc.Arbitrary<Wire> = fc
  .tuple(
    fc.constantFrom('Created', 'InProgress', 'Completed', 'Rejected', 7),
    fc.constantFrom('user-anna', 'user-berta', null),
  )
  .map(([paymentStatus, externalId]) => ({
    paymentId: 'payment-1',
    paymentStatus,
    bank: { id: 75 },
    user: { externalId },
  }));

const sequence = fc
  .tuple(history.chain(disordered), fc.array(stray, { maxLength: 3 }), fc.array(payment, { maxLength: 5 }))
  .chain(([sent, strays, payments]) => {
    const all = [...sent.slice(0, 40), ...strays, ...payments];
    return fc.shuffledSubarray(all, { minLength: all.length });
  });

/** The same callback of a session and a payment of its own, so that sequences do not meet in one store. */
function renamed(wire: Wire, run: string): Wire {
  const { sessionId, paymentId } = wire;
  const ids = {
    ...(sessionId === undefined ? {} : { sessionId: `session-${run}` }),
    ...(paymentId === undefined ? {} : { paymentId: `payment-${run}` }),
  };
  return { ...wire, ...ids, run };
}

eachStore('random sequences over HTTP', (store) => {
  test.each([
    ['with the default quiet time', 30_000],
    ['with no quiet time, so that restarts abound', 0],
  ])(
    'are answered, and come to the state, as by the pure fold, %s',
    async (_, restartQuietMs) => {
      const config = store.config({ restartQuietMs });
      const gateway = await startGateway(config);
      const expected: MemoryStore[] = [];
      await fc.assert(
        fc.asyncProperty(sequence, async (wires) => {
          const memory = createMemoryStore({ ...DEFAULTS, restartQuietMs });
          const run = `${restartQuietMs}-${expected.push(memory)}`;
          const sent = wires.map((wire) => renamed(wire, run));
          const receipts = memory.apply(sent.map(deliveryOf));
          const bodies = sent.map((wire) => JSON.stringify(wire));
          const answers = await deliverAll(gateway.url, bodies, { connections: 1 });
          expect(answers.map(({ status }) => status)).toEqual(sent.map(() => 200));
          expect(answers.map(({ text }) => at(JSON.parse(text), 'outcome'))).toEqual(
            receipts.map(({ outcome }) => outcome),
          );
        }),
        seeded(longOr(100, 10)),
      );
      await gateway.close();

      const tables = await readStore(config);
      for (const { sessions, payments } of expected) {
        for (const [id, session] of sessions)
          expect(shown(tables.sessions.get(id))).toEqual(visible(session));
        for (const [id, paid] of payments) {
          const stored = tables.payments.get(id);
          expect(stored && visiblePayment(stored)).toEqual(visiblePayment(paid));
        }
      }
      expectTheFold(tables, config);
      await expectRebuiltFromNothing(config);
    },
    longOr(600_000, 60_000),
  );
});

/** Rebuild into empty tables gives the very rows that were live. */
async function expectRebuiltFromNothing({ databaseUrl, dataDir }: Config): Promise<void> {
  const log = createLogger({ level: 'silent' });
  const store = await openStore({ databaseUrl, dataDir, pooled: false, log });
  const live = await everyRow(store);
  for (const table of [sessions, payments, banks]) await store.db.delete(table);
  await rebuild({ store, parse: parseCallback });
  expect(await everyRow(store)).toEqual(live);
  await store.close();
}

const shown = (session: Parameters<typeof visible>[0] | undefined) => session && visible(session);
