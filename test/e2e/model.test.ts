import fc from 'fast-check';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { decodeCursor } from '../../src/domain/cursor.ts';
import type { Wire } from '../support/builders/histories.ts';
import { LiveModel } from '../support/builders/live-model.ts';
import { seeded } from '../support/builders/seed.ts';
import { query, textAt } from '../support/clients/client.ts';
import { LiveReader, type LiveRequest } from '../support/clients/live-reader.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';
import { LONG, longOr } from '../support/long.ts';
import { eachStore, type StoreKind, type TestStore } from '../support/stores/stores.ts';

/** The promise: 1 s after the last callback, 2 s after a killed listener or a restart. CI machines may be slower. */
const QUIET_MS = LONG ? 1_000 : 5_000;
const TROUBLED_MS = LONG ? 2_000 : 8_000;
const READERS = 6;

/** The gateways of one store: two instances on PostgreSQL, one on PGlite. */
class Instances {
  readonly #store: TestStore;
  readonly #gateways: StartedGateway[] = [];
  /** Whether a listener was killed or an instance restarted since it was quiet last. */
  isTroubled = false;
  /** How often listeners were to be killed, and how many were: one that was killed just before may be away still. */
  asked = 0;
  killed = 0;

  constructor(store: TestStore) {
    this.#store = store;
  }

  async start(): Promise<void> {
    const count = this.#store.kind === 'postgres' ? 2 : 1;
    for (let n = 0; n < count; n += 1) await this.#startOne(n);
  }

  url(n: number): string {
    const gateway = this.#gateways[n % this.#gateways.length];
    if (gateway === undefined) throw new Error('no gateway runs');
    return gateway.url;
  }

  async restart(n: number): Promise<void> {
    this.isTroubled = true;
    const index = n % this.#gateways.length;
    await this.#gateways[index]?.close();
    await this.#startOne(index);
  }

  async killListeners(): Promise<void> {
    this.isTroubled = true;
    const sql = postgres(this.#store.databaseUrl ?? '', { max: 1 });
    const killed = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen %'`;
    await sql.end();
    this.asked += 1;
    this.killed += killed.length;
  }

  async #startOne(index: number): Promise<void> {
    this.#gateways[index] = await startGateway(this.#store.config({ drainMs: 0, restartQuietMs: 3_600_000 }));
  }
}

interface Real {
  readonly instances: Instances;
  /** Of this run's names. */
  readonly run: number;
}

type Held = Pick<LiveModel, 'readers' | 'sent'>;

/** A step of a run: without `needs`, it may always be taken. */
class Step implements fc.AsyncCommand<LiveModel, Real> {
  readonly #name: string;
  readonly #take: (model: LiveModel, real: Real) => Promise<void>;
  readonly #needs: (model: Held) => boolean;

  constructor(
    name: string,
    take: (model: LiveModel, real: Real) => Promise<void>,
    needs: (model: Held) => boolean = () => true,
  ) {
    this.#name = name;
    this.#take = take;
    this.#needs = needs;
  }

  check(model: Held): boolean {
    return this.#needs(model);
  }

  async run(model: LiveModel, real: Real): Promise<void> {
    await this.#take(model, real);
    model.verify();
  }

  toString(): string {
    return this.#name;
  }
}

const ACCOUNTS = Array.from({ length: 250 }, (_, n) => ({
  accountNumber: `BE${String(n).padStart(14, '0')}`,
  accountType: 'CurrentAccount',
}));

/** A callback of one of a run's four sessions, of two people. */
const report = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      stage: fc.constantFrom('Authentication', 'Accounts', 'Transactions'),
      status: fc.constantFrom('Initiated', 'InProgress', 'Finished', 'Failed'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ stage: 'Nowhere', status: 'Finished' }) },
  {
    weight: 1,
    arbitrary: fc.constant({ stage: 'Accounts', status: 'InProgress', details: { accounts: ACCOUNTS } }),
  },
);
const place = fc.nat(3);

const named = (run: number, n: number, fields: Wire): Wire => ({
  sessionId: `run-${run}-session-${n}`,
  userId: `run-${run}-${n % 2 === 0 ? 'anna' : 'berta'}`,
  bankId: 'bank-75',
  ...fields,
});

/** A first page that has more transactions than any before: always news. */
let pages = 0;
const page = (): Wire => ({
  ...{ stage: 'Transactions', status: 'InProgress', accountId: 'account-1', transactionStatus: 'Booked' },
  transactionsCount: ++pages,
});

type RequestOf = (run: number) => LiveRequest;
const request = fc.oneof(
  place.map<RequestOf>((n) => (run) => ({ of: 'session', sessionId: `run-${run}-session-${n}` })),
  fc.constantFrom<RequestOf>(
    (run) => ({ of: 'sessions', filter: { userId: `run-${run}-anna` } }),
    () => ({ of: 'sessions', filter: { outcome: ['SUCCEEDED'] } }),
    () => ({ of: 'sessions', filter: { stage: ['ACCOUNTS'], status: ['IN_PROGRESS', 'FINISHED'] } }),
    () => ({ of: 'sessions', filter: {} }),
    () => ({ of: 'log' }),
    () => ({ of: 'log' }),
  ),
);
const subscription = fc.record({
  request,
  wire: fc.constantFrom('ws' as const, 'sse' as const),
  isFat: fc.boolean(),
  at: fc.nat(1),
});
type Subscription = typeof subscription extends fc.Arbitrary<infer T> ? T : never;

async function subscribe(model: LiveModel, { instances, run }: Real, asked: Subscription): Promise<void> {
  const reader = new LiveReader(asked.request(run), asked.wire, asked.isFat);
  model.readers.push(reader);
  await reader.connect(instances.url(asked.at));
}

const STEPS = [
  fc
    .tuple(place, report, fc.nat(1))
    .map(
      ([n, fields, at]) =>
        new Step(`deliver ${n} ${fields.stage}/${fields.status}`, (model, { instances, run }) =>
          model.deliver(instances.url(at), [named(run, n, fields)]),
        ),
    ),
  fc.tuple(fc.nat(100), fc.nat(1)).map(
    ([n, at]) =>
      new Step(
        'repeat',
        (model, { instances }) => model.deliver(instances.url(at), [model.sent[n % model.sent.length] ?? {}]),
        (model) => model.sent.length > 0,
      ),
  ),
  fc.tuple(fc.array(place, { minLength: 5, maxLength: 40, size: 'max' }), fc.nat(1)).map(
    ([places, at]) =>
      new Step(`burst of ${places.length}`, (model, { instances, run }) =>
        model.deliver(
          instances.url(at),
          places.map((n) => named(run, n, page())),
        ),
      ),
  ),
  fc.tuple(subscription, fc.array(place, { maxLength: 30, size: 'max' }), fc.nat(1)).map(
    ([asked, places, at]) =>
      new Step(
        `subscribe over ${asked.wire} while ${places.length} are delivered`,
        async (model, real) => {
          const wires = places.map((n) => named(real.run, n, page()));
          await Promise.all([
            // Over few connections, so that it lasts as long as the subscribing does.
            model.deliver(real.instances.url(at), wires, 2),
            subscribe(model, real, asked),
          ]);
        },
        ({ readers }) => readers.length < READERS,
      ),
  ),
  fc.nat(READERS).map(
    (n) =>
      new Step(
        `pause ${n}`,
        async ({ readers }) => readers[n]?.pause(),
        ({ readers }) => readers[n]?.isConnected === true && !readers[n]?.isPaused,
      ),
  ),
  fc.nat(READERS).map(
    (n) =>
      new Step(
        `resume ${n}`,
        async ({ readers }) => readers[n]?.resume(),
        ({ readers }) => readers[n]?.isPaused === true,
      ),
  ),
  fc.nat(READERS).map(
    (n) =>
      new Step(
        `disconnect ${n}`,
        async ({ readers }) => readers[n]?.disconnect(),
        ({ readers }) => readers[n]?.isConnected === true,
      ),
  ),
  fc.tuple(fc.nat(READERS), fc.nat(1)).map(
    ([n, at]) =>
      new Step(
        `come back ${n}`,
        async ({ readers }, { instances }) => readers[n]?.connect(instances.url(at)),
        ({ readers }) => readers[n]?.isConnected === false,
      ),
  ),
  fc.nat(1).map((n) => new Step(`restart ${n}`, (_, { instances }) => instances.restart(n))),
  fc.constant(new Step('settle', settle)),
];

const killed = fc.constant(new Step('kill the listeners', (_, { instances }) => instances.killListeners()));

const stepsOn = (kind: StoreKind) =>
  fc.commands<LiveModel, Real, false>(kind === 'postgres' ? [...STEPS, killed] : STEPS, {
    maxCommands: 30,
    size: 'max',
  });

/** Everybody reads; within the time promised everybody has received the newest, and the log is whole. */
async function settle(model: LiveModel, { instances }: Real): Promise<void> {
  const withinMs = instances.isTroubled ? TROUBLED_MS : QUIET_MS;
  instances.isTroubled = false;
  for (const reader of model.readers) if (reader.isPaused) reader.resume();
  /** Whether anything has happened since all was looked at: also while a reader was connecting. */
  let hasNews = false;
  let wake = (): void => {};
  const happened = (): void => {
    hasNews = true;
    wake();
  };
  for (const reader of model.readers) reader.onMessage = happened;
  const late = AbortSignal.timeout(withinMs);
  late.onabort = happened;
  for (;;) {
    hasNews = false;
    // Who did not read learns only now that its instance has gone, and comes back as clients do.
    for (const [n, reader] of model.readers.entries()) {
      if (!reader.isConnected) await reader.connect(instances.url(n));
    }
    model.verify();
    const behind = model.readers.filter((reader) => !model.isNewest(reader));
    if (behind.length === 0) return;
    if (late.aborted) {
      const waiting = behind.map(({ request: of, wire, received, isConnected }) => ({
        ...{ of, wire, isConnected, last: received.at(-1) },
      }));
      throw new Error(`the newest was not received within ${withinMs} ms: ${JSON.stringify(waiting)}`);
    }
    if (!hasNews) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

eachStore('any sequence of steps', (store) => {
  test(
    'repeats nothing, reverses nothing, leaves no gap in the log, and the newest always arrives',
    async () => {
      const instances = new Instances(store);
      await instances.start();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(stepsOn(store.kind), async (commands) => {
          run += 1;
          const real = { instances, run };
          const model = new LiveModel(await headOf(instances.url(0)));
          try {
            await fc.asyncModelRun(() => ({ model, real }), commands);
            await settle(model, real);
          } finally {
            for (const reader of model.readers) await reader.disconnect();
          }
        }),
        { ...seeded(longOr(500, 10, 50)), endOnFailure: !LONG },
      );
      expect(instances.killed).toBeGreaterThanOrEqual(Math.min(1, instances.asked));
    },
    longOr(1_800_000, 120_000, 400_000),
  );
});

async function headOf(url: string): Promise<number> {
  const { data } = await query(url, '{ callbacks(first: 1) { liveCursor } }');
  return decodeCursor(textAt(data, 'callbacks', 'liveCursor'))?.position ?? -1;
}
