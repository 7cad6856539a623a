import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildSchema } from '../../src/schema/build.ts';
import { DEFAULT_LIMITS } from '../support/builders/default-limits.ts';
import { fields } from '../support/builders/samples.ts';
import { at, postCallback, query, send } from '../support/clients/client.ts';
import { type SseSubscribed, subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs, type WsSubscribed } from '../support/clients/subscribe-ws.ts';
import {
  ACCOUNTANT,
  bearer,
  OPERATOR,
  type ProductionGateway,
  startProduction,
} from '../support/gateways/production.ts';
import { eachStore } from '../support/stores/stores.ts';

const schema = buildSchema();

/** What of a person must never reach another. */
const CANARY = 'BORIS-CANARY';
const BORIS = {
  sessionId: `session-${CANARY}`,
  sessionExternalId: `external-${CANARY}`,
  userId: `user-${CANARY}`,
};
const ANNA = { sub: 'user-anna', payer: 'payer-anna' };

type Names = 'mine' | 'others';
/** Values for the arguments that name something. */
const IDS: Readonly<Record<Names, Readonly<Record<string, string>>>> = {
  mine: {
    sessionId: 'session-anna',
    externalId: 'external-anna',
    paymentId: 'payment-anna',
    userId: 'user-anna',
    userExternalId: 'payer-anna',
    search: 'session-anna',
  },
  others: {
    sessionId: BORIS.sessionId,
    externalId: BORIS.sessionExternalId,
    paymentId: `payment-${CANARY}`,
    userId: BORIS.userId,
    userExternalId: `payer-${CANARY}`,
    search: `external-${CANARY.slice(0, -2)}`,
  },
};

/** Selects everything below a type, three objects deep, through every fragment an interface allows. */
function everythingOf(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (isScalarType(named) || isEnumType(named)) return '';
  if (isInterfaceType(named)) {
    const inner = schema
      .getPossibleTypes(named)
      .map((possible) => `... on ${possible.name} ${selectionOf(possible, depth, `${possible.name}_`)}`);
    return `{ __typename ${inner.join(' ')} }`;
  }
  return isObjectType(named) ? selectionOf(named, depth) : '';
}

/** `prefix`: fields of several types that stand beside each other need names of their own. */
function selectionOf(type: GraphQLObjectType, depth: number, prefix = ''): string {
  const parts = Object.values(type.getFields()).flatMap((field) => {
    const leaf = getNamedType(field.type);
    const isObject = isObjectType(leaf) || isInterfaceType(leaf);
    if (isObject && depth <= 0) return [];
    if (field.args.some((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined)) return [];
    const name = prefix === '' ? field.name : `${prefix}${field.name}: ${field.name}`;
    return [`${name} ${everythingOf(field.type, depth - 1)}`];
  });
  return `{ ${parts.length === 0 ? '__typename' : parts.join(' ')} }`;
}

/** Every way to ask a root field: without arguments, by each id, by each filter that names somebody. */
function waysToAsk(
  field: GraphQLField<unknown, unknown>,
  whose: Names,
  nodeIds: readonly string[],
): string[] {
  const ids = IDS[whose];
  const names = field.args.map(({ name }) => name);
  const ways: string[] = [];
  if (names.includes('ids')) return [`(ids: ${JSON.stringify(nodeIds)})`];
  if (names.includes('id')) return nodeIds.map((id) => `(id: ${JSON.stringify(id)})`);
  if (!field.args.some(({ type }) => isNonNullType(type))) ways.push('');
  for (const name of names) if (name in ids) ways.push(`(${name}: ${JSON.stringify(ids[name])})`);
  const filter = field.args.find(({ name }) => name === 'filter');
  if (filter !== undefined) {
    const type = getNamedType(filter.type);
    const inputs = 'getFields' in type ? Object.keys(type.getFields()) : [];
    for (const name of inputs) {
      if (name in ids) ways.push(`(filter: { ${name}: ${JSON.stringify(ids[name])} })`);
    }
    ways.push('(first: 100)', '(last: 100)');
  }
  return ways;
}

function rootFields(root: GraphQLObjectType | null | undefined) {
  if (root == null) throw new Error('the schema has no such root');
  return Object.values(root.getFields());
}

const ALL_NODES = `{
  sessions { edges { node { id bank { id } stages { id } accounts { id } callbacks { edges { node { id } } } } } }
  payments { edges { node { id bank { id } } } }
  callbacks { edges { node { id } } }
}`;

function idsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(idsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'id' && typeof inner === 'string' ? [inner] : idsIn(inner),
  );
}

eachStore('one person', (on) => {
  let gateway: ProductionGateway;
  let nodeIds: readonly string[];
  let anna: { authorization: string };

  const callbacksOf = (ids: typeof BORIS, payer: string, mark: string) => [
    {
      ...fields('session-accounts'),
      ...ids,
      details: {
        accounts: [{ accountNumber: `NUMBER-${mark}`, accountType: mark, accountRelation: [mark] }],
      },
      bankId: `bank-${mark}`,
      bank: { id: `bank-${mark}`, secondaryIdentifiers: [{ type: '1', value: `BIC-${mark}` }] },
    },
    { ...fields('transactions-page'), ...ids, bankId: `bank-${mark}`, accountId: `account-${mark}` },
    { ...fields('session-status'), ...ids, bankId: `bank-${mark}`, stage: 'Nirvana' },
    {
      ...fields('payment'),
      bank: { id: `bank-${mark}`, secondaryIdentifiers: {} },
      paymentId: `payment-${mark}`,
      paymentExternalId: `external-${mark}`,
      user: { externalId: payer, secondaryIdentifiers: { iban: mark } },
    },
  ];
  const deliverBoris = async () => {
    for (const one of callbacksOf(BORIS, `payer-${CANARY}`, CANARY)) await gateway.deliver(one);
  };

  beforeAll(async () => {
    // Selecting everything is more than anyone may ask for at once.
    const limits = {
      ...DEFAULT_LIMITS,
      tokens: 100_000,
      complexity: 1e9,
      depth: 100,
      aliases: 10_000,
      viewerSockets: 100,
    };
    gateway = await startProduction(on, { limits });
    await deliverBoris();
    const own = { sessionId: 'session-anna', sessionExternalId: 'external-anna', userId: 'user-anna' };
    for (const one of callbacksOf(own, 'payer-anna', 'anna')) await gateway.deliver(one);
    const known = await query(gateway.url, ALL_NODES, {}, await bearer(ACCOUNTANT));
    nodeIds = idsIn(known.data);
    expect(nodeIds.length).toBeGreaterThan(20);
    anna = await bearer(ANNA);
  });

  it('has something to hide, as the operator’s view shows', async () => {
    const seen = await query(gateway.url, ALL_NODES, {}, await bearer(ACCOUNTANT));
    expect(seen.errors).toBeUndefined();
    const whole = await query(
      gateway.url,
      '{ sessions { edges { node { userId accounts { accountNumber } } } } }',
      {},
      await bearer(ACCOUNTANT),
    );
    expect(whole.text).toContain(`NUMBER-${CANARY}`);
  });

  it.each(['mine', 'others'] as const)(
    'never reads another’s by any query over any path of the schema, asked by what is %s',
    async (whose) => {
      const operations = rootFields(schema.getQueryType()).flatMap((field) =>
        waysToAsk(field, whose, nodeIds).map(
          (way) => `{ ${field.name}${way} ${everythingOf(field.type, way.startsWith('(id') ? 1 : 3)} }`,
        ),
      );
      expect(operations.length).toBeGreaterThan(30);
      let answered = 0;
      for (const operation of operations) {
        const { text, errors } = await query(gateway.url, operation, {}, anna);
        // A field that wants an id is also asked without one.
        if (errors === undefined) answered += 1;
        else expect(errors[0]?.extensions?.code, errors[0]?.message).toBe('BAD_USER_INPUT');
        // What was asked by is in no answer either: "not yours" answers exactly like "absent".
        expect(text, operation.slice(0, 200)).not.toContain(CANARY);
      }
      expect(answered).toBeGreaterThan(operations.length - 3);
    },
  );

  it('never reads another’s by a query that is compiled, from what was kept for who may see all', async () => {
    const SESSION = `{ id sessionId externalId userId bank { id bankId } outcome stages { name status }
      accounts { id maskedNumber accountNumber accountType accountRelation } transactionPages { accountId } }`;
    const PAYMENT = '{ id paymentId externalId bank { id bankId } status user { externalId } }';
    const selections: Readonly<Record<string, string>> = {
      session: SESSION,
      sessions: `{ edges { node ${SESSION} } }`,
      payment: PAYMENT,
      payments: `{ edges { node ${PAYMENT} } }`,
    };
    const accountant = await bearer(ACCOUNTANT);
    let seen = 0;
    for (const field of rootFields(schema.getQueryType())) {
      const selection = selections[field.name];
      if (selection === undefined) continue;
      for (const way of waysToAsk(field, 'others', nodeIds)) {
        const operation = `{ ${field.name}${way} ${selection} }`;
        for (let time = 0; time < 4; time += 1) {
          const all = await query(gateway.url, operation, {}, accountant);
          if (all.text.includes(CANARY)) seen += 1;
        }
        const { text } = await query(gateway.url, operation, {}, anna);
        expect(text, operation.slice(0, 200)).not.toContain(CANARY);
      }
    }
    expect(seen).toBeGreaterThan(40);
  });

  it('is answered the same for another’s as for what is absent, by ids, nodes and routes', async () => {
    const same = async (ask: (id: string) => Promise<{ status: number; text: string }>, theirs: string) => {
      const [found, absent] = [await ask(theirs), await ask('nobody-at-all')];
      expect({ ...found, text: found.text.replaceAll(theirs, '') }).toEqual({
        ...absent,
        text: absent.text.replaceAll('nobody-at-all', ''),
      });
    };
    const answerOf = ({ status, text }: { status: number; text: string }) => ({ status, text });
    const by = (document: string) => async (id: string) =>
      answerOf(await query(gateway.url, document, { id }, anna));
    await same(by('query ($id: ID) { session(sessionId: $id) { id } }'), BORIS.sessionId);
    await same(by('query ($id: ID) { session(externalId: $id) { id } }'), BORIS.sessionExternalId);
    await same(by('query ($id: ID) { payment(paymentId: $id) { id } }'), `payment-${CANARY}`);
    await same(
      by('query ($id: ID) { sessions(filter: { userId: $id }) { edges { cursor } } }'),
      BORIS.userId,
    );
    for (const path of ['status', 'Accounts/status', 'status/details']) {
      const route = (name: string) => async (id: string) =>
        answerOf(await send(`${gateway.url}/api/session/${path}?${name}=${id}`, { headers: anna }));
      await same(route('sessionId'), BORIS.sessionId);
      await same(route('sessionExternalId'), BORIS.sessionExternalId);
      const own = await send(`${gateway.url}/api/session/${path}?sessionId=session-anna`, { headers: anna });
      expect(own.status).toBe(200);
    }
  });

  it('reads their own numbers whole; operators only with the scope for it', async () => {
    const numbers = async (claims: Parameters<typeof bearer>[0]) => {
      const { data } = await query(
        gateway.url,
        '{ session(sessionId: "session-anna") { accounts { maskedNumber accountNumber } } }',
        {},
        await bearer(claims),
      );
      return at(data, 'session', 'accounts', 0, 'accountNumber');
    };
    expect(await numbers(ANNA)).toBe('NUMBER-anna');
    expect(await numbers(OPERATOR)).toBeNull();
    expect(await numbers(ACCOUNTANT)).toBe('NUMBER-anna');
  });

  it('without a claim for payments sees none', async () => {
    const { data } = await query(gateway.url, '{ payments { edges { cursor } } }', {}, await bearer());
    expect(data).toEqual({ payments: { edges: [] } });
  });

  describe('who subscribes', () => {
    const asked: { readonly name: string; readonly subscribed: WsSubscribed | SseSubscribed }[] = [];

    it('never receives another’s change, over any path of any subscription, over either transport', async () => {
      for (const field of rootFields(schema.getSubscriptionType())) {
        for (const whose of ['mine', 'others'] as const) {
          const ways = waysToAsk(field, whose, []).filter((way) => !/first|last/.test(way));
          for (const way of ways) {
            const operation = `subscription { ${field.name}${way} ${everythingOf(field.type, 4)} }`;
            const ws = await subscribeWs(gateway.url, { query: operation, connectionParams: anna });
            const first = await ws.connection.nextMessage();
            expect(JSON.stringify(first), operation.slice(0, 100)).not.toContain(CANARY);
            if (field.name === 'callbackRecorded') {
              expect(at(first, 'payload', 0, 'extensions', 'code')).toBe('FORBIDDEN');
              await ws.close();
              continue;
            }
            expect(first.type, JSON.stringify(first)).toBe('next');
            asked.push({ name: operation.slice(0, 80), subscribed: ws });
            if (asked.length >= 8) continue;
            const sse = await subscribeSse(gateway.url, { query: operation, headers: anna });
            await sse.next();
            asked.push({ name: operation.slice(0, 80), subscribed: sse });
          }
        }
      }
      expect(asked.length).toBeGreaterThan(8);
      const failed = { ...fields('session-status'), ...BORIS, bankId: `bank-${CANARY}`, status: 'Failed' };
      await gateway.deliver(failed);
      await deliverBoris();
      const mine = { sessionId: 'session-anna', sessionExternalId: 'external-anna', userId: 'user-anna' };
      await gateway.deliver({ ...fields('session-status'), ...mine, bankId: 'bank-anna', status: 'Failed' });
      // A subscription that receives anna's change has received all that came before it.
      let received = 0;
      for (const { name, subscribed } of asked) {
        if (!/^subscription \{ sessionStatusChanged( |\((sessionId|externalId): ".*anna)/.test(name))
          continue;
        const { data } = await subscribed.next();
        expect(at(data, 'sessionStatusChanged', 'session', 'sessionId'), name).toBe('session-anna');
        expect(JSON.stringify(data)).not.toContain(CANARY);
        received += 1;
      }
      expect(received).toBeGreaterThan(3);
      for (const { name, subscribed } of asked) {
        while (subscribed.pending() > 0) {
          expect(JSON.stringify((await subscribed.next()).data), name).not.toContain(CANARY);
        }
        await subscribed.close();
      }
    });
  });

  it('gets no say in whose a session is: a callback that names another owner changes nothing', async () => {
    const stolen = { ...fields('session-status'), ...BORIS, userId: 'user-anna' };
    const answer = await postCallback(gateway.url, stolen, {
      'x-callback-secret': 'the-aggregators-shared-secret',
    });
    expect(at(answer.json, 'outcome')).toBe('quarantined');
    const { data } = await query(
      gateway.url,
      'query ($id: ID) { session(sessionId: $id) { id } }',
      { id: BORIS.sessionId },
      anna,
    );
    expect(data).toEqual({ session: null });
  });
});
