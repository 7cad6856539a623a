import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { decodeCursor } from '../../src/domain/cursor.ts';
import { seeded } from '../support/builders/seed.ts';
import { query, textAt } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { connectWs } from '../support/clients/subscribe-ws.ts';
import {
  bearer,
  OPERATOR,
  type ProductionGateway,
  startProduction,
  token,
} from '../support/gateways/production.ts';
import { longOr } from '../support/long.ts';
import { eachStore } from '../support/stores/stores.ts';

const PEOPLE = ['anna', 'boris', 'clara'] as const;
type Person = (typeof PEOPLE)[number];

const SESSION = `sessionId externalId userId version outcome bank { bankId } stages { name status }
  accounts { accountNumber }`;
const PAYMENT = 'paymentId externalId version status user { externalId }';

/** Everything of one person bears a mark of its own; only the external id `shared` is everybody's. */
const marked = (person: Person, run: number) => `${person}-${run}`;

/** Every form of a subscription, as each of the three sends it, word for word: of their own, others' and all. */
function formsOf(run: number): readonly string[] {
  const sessions = (args: string) =>
    `subscription { sessionStatusChanged${args} { cursor kind matches session { ${SESSION} } stage { name status } } }`;
  const payments = (args: string) =>
    `subscription { paymentStatusChanged${args} { cursor kind matches payment { ${PAYMENT} } } }`;
  return [
    sessions(''),
    sessions('(filter: { outcome: [PENDING, FAILED] })'),
    sessions(`(externalId: "shared-${run}")`),
    ...PEOPLE.flatMap((person) => [
      sessions(`(sessionId: "session-${marked(person, run)}-0")`),
      sessions(`(filter: { userId: "${marked(person, run)}" })`),
    ]),
    payments(''),
    payments(`(externalId: "shared-${run}")`),
    payments(`(paymentId: "payment-${marked('boris', run)}")`),
    payments('(filter: { isFinal: false })'),
  ];
}

interface Change {
  readonly person: Person;
  readonly n: number;
  readonly stage: string;
  readonly status: string;
  readonly paymentStatus: string | null;
}

const change: fc.Arbitrary<Change> = fc.record({
  person: fc.constantFrom(...PEOPLE),
  n: fc.nat(2),
  stage: fc.constantFrom('Authentication', 'Accounts', 'Transactions'),
  status: fc.constantFrom('Initiated', 'InProgress', 'Finished', 'Failed'),
  paymentStatus: fc.option(fc.constantFrom('Created', 'InProgress', 'Completed'), { freq: 3 }),
});

function bodyOf({ person, n, stage, status, paymentStatus }: Change, run: number, extra = {}): object {
  const mark = marked(person, run);
  return paymentStatus === null
    ? {
        ...{
          sessionId: `session-${mark}-${n}`,
          sessionExternalId: n === 0 ? `shared-${run}` : `own-${mark}`,
        },
        ...{ userId: mark, bankId: `bank-${mark}`, stage, status, ...extra },
        details: { accounts: [{ accountNumber: `BE-${mark}`, accountType: 'CurrentAccount' }] },
      }
    : {
        ...{ paymentId: `payment-${mark}`, paymentExternalId: `shared-${run}`, paymentStatus, ...extra },
        ...{ bank: { id: `bank-${mark}` }, user: { externalId: mark } },
      };
}

/** All that one person receives over one socket and as many streams, as texts. */
interface Listening {
  readonly person: Person;
  readonly texts: string[];
  /** Resolves when a text that contains this has arrived over each transport. */
  received(text: string): Promise<void>;
  close(): Promise<void>;
}

async function listen(url: string, person: Person, run: number, after: string | null): Promise<Listening> {
  const bearing = await token({ sub: marked(person, run), payer: marked(person, run) });
  const forms = formsOf(run);
  const texts: string[] = [];
  const extensions = after === null ? {} : { extensions: { after } };
  const socket = await connectWs(url);
  const found = { ws: new Set<string>(), sse: new Set<string>() };
  let wake = (): void => {};
  const take = (transport: 'ws' | 'sse', text: string): void => {
    texts.push(text);
    for (const mark of text.match(/last-[\w-]+/g) ?? []) found[transport].add(mark);
    wake();
  };
  socket.socket.on('message', (data) => take('ws', String(data)));
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${bearing}` } });
  await socket.nextMessage();
  for (const [id, form] of forms.entries()) {
    socket.send({ id: String(id), type: 'subscribe', payload: { query: form, ...extensions } });
  }
  // One person has a limited number of streams: the socket has all forms, the streams every third.
  const streams = await Promise.all(
    forms
      .filter((_, n) => n % 3 === 0)
      .map((form) =>
        subscribeSse(url, { query: form, headers: { authorization: `Bearer ${bearing}` }, ...extensions }),
      ),
  );
  for (const stream of streams) {
    const read = async (): Promise<void> => {
      for (;;) take('sse', (await stream.nextFrame(600_000)).data ?? '');
    };
    read().catch(() => {});
  }
  // Those who bring no cursor have their opening message each.
  while (after === null && texts.length < 1 + forms.length + streams.length) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  return {
    person,
    texts,
    async received(text) {
      while (!found.ws.has(text) || !found.sse.has(text)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async close() {
      await Promise.all([socket.close(), ...streams.map((stream) => stream.close())]);
    },
  };
}

eachStore('three people who send the same subscriptions, word for word', (store) => {
  let gateway: ProductionGateway;
  beforeAll(async () => {
    gateway = await startProduction(store);
  });

  const headOf = async (): Promise<string> => {
    const { data } = await query(
      gateway.url,
      '{ callbacks(first: 1) { liveCursor } }',
      {},
      await bearer(OPERATOR),
    );
    const cursor = textAt(data, 'callbacks', 'liveCursor');
    expect(decodeCursor(cursor)).not.toBeNull();
    return cursor;
  };

  test(
    'receive not one foreign change, over any form, live or resumed, however the changes are shuffled',
    async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 40, maxLength: 120 }), async (changes) => {
          run += 1;
          const began = await headOf();
          const live = await Promise.all(PEOPLE.map((person) => listen(gateway.url, person, run, null)));
          for (let from = 0; from < changes.length; from += 20) {
            const burst = changes.slice(from, from + 20);
            await Promise.all(burst.map((one, n) => gateway.deliver(bodyOf(one, run, { mark: from + n }))));
          }
          // The last of each person: once it has arrived, so has all before it.
          for (const person of PEOPLE) {
            const last = { person, n: 9, stage: 'Accounts', status: 'InProgress', paymentStatus: null };
            await gateway.deliver(bodyOf(last, run, { sessionId: `last-${marked(person, run)}` }));
          }
          const resumed = await Promise.all(PEOPLE.map((person) => listen(gateway.url, person, run, began)));
          for (const listening of [...live, ...resumed]) {
            await listening.received(`last-${marked(listening.person, run)}`);
          }
          await query(gateway.url, '{ __typename }', {}, await bearer());
          for (const { person, texts, close } of [...live, ...resumed]) {
            const others = PEOPLE.filter((other) => other !== person).map((other) => marked(other, run));
            const foreign = texts.filter((text) => others.some((mark) => text.includes(mark)));
            expect(foreign).toEqual([]);
            expect(texts.some((text) => text.includes(`session-${marked(person, run)}`))).toBe(
              changes.some((one) => one.person === person && one.paymentStatus === null),
            );
            await close();
          }
        }),
        { ...seeded(longOr(50, 2, 5)), endOnFailure: true },
      );
    },
    longOr(600_000, 60_000),
  );
});
