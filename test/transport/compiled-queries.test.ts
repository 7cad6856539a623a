import { type DocumentNode, parse, validate } from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { createReads, type Reads } from '../../src/db/read/reads.ts';
import type { Viewer } from '../../src/domain/viewer.ts';
import type { Source } from '../../src/live/sources/source.ts';
import { buildSchema } from '../../src/schema/build.ts';
import type { Context } from '../../src/schema/context.ts';
import { sessionGlobalId, stageGlobalId } from '../../src/schema/global-id.ts';
import { boundSchema } from '../../src/transport/engine/bound-schema.ts';
import { createBoundedExecute } from '../../src/transport/engine/bounded-execute.ts';
import { createCompiledExecute } from '../../src/transport/engine/compiled/compiled-execute.ts';
import { WrittenResult } from '../../src/transport/engine/compiled/written-result.ts';
import { DEFAULT_LIMITS } from '../support/builders/default-limits.ts';
import { createQueryGenerator } from '../support/builders/generated-queries.ts';
import { body, fields } from '../support/builders/samples.ts';
import { operator, person } from '../support/builders/viewers.ts';
import { createGraph } from '../support/clients/graph.ts';
import { LONG, longOr } from '../support/long.ts';
import { createRandom } from '../support/schedules/random.ts';
import { openRecording } from '../support/stores/recording.ts';
import { eachStore } from '../support/stores/stores.ts';

const QUERIES = longOr(20_000, 1_000);
const SUBSCRIPTIONS = longOr(20_000, 500);
const START = { position: 0, cursor: '', clock: 0 };
const NOW = Date.parse('2026-11-22T12:30:00.000Z');
/** Twice as a stranger, then compiled, then by what the first compiled one kept. */
const EXECUTIONS = 4;

const VIEWERS: readonly Viewer[] = [
  operator,
  { ...operator, readsAccounts: false },
  person('anna'),
  person('anna', { readsAccounts: true }),
  person('bert'),
  person(null),
];

eachStore('a compiled query', (on) => {
  const schema = buildSchema();
  boundSchema(schema);
  let contextOf: (viewer: Viewer, now?: number) => Context;
  let reads: Reads;
  let globalIds: readonly string[];

  beforeAll(async () => {
    const { record, store } = await openRecording(on);
    const at = Date.parse('2026-11-22T11:57:00.000Z');
    const of = (n: number) => ({
      ...{ sessionId: `s${n}`, sessionExternalId: n % 3 === 0 ? null : `e${n % 4}` },
      ...{ userId: n % 2 === 0 ? 'anna' : 'bert', bankId: `b${n % 3}` },
    });
    for (let n = 0; n < 8; n += 1) {
      const steps = [
        { ...fields('session-status'), ...of(n), stage: 'Authentication', status: 'Initiated' },
        { ...fields('session-accounts'), ...of(n) },
        { ...fields('transactions-page'), ...of(n), accountId: 'é"\\\n', transactionStatus: 'Boöked' },
        {
          ...fields('session-status'),
          ...of(n),
          stage: 'Transactions',
          status: n < 4 ? 'Failed' : 'Finished',
        },
        {
          ...fields('session-status'),
          ...of(n),
          stage: 'Transactions',
          status: n < 2 ? 'Finished' : 'InProgress',
        },
        { ...fields('session-status'), ...of(n), stage: 'Nirvana' },
        {
          ...{ ...fields('payment'), paymentId: `p${n}`, paymentExternalId: `e${n}` },
          user: { externalId: n % 2 === 0 ? 'anna' : 'bert', secondaryIdentifiers: { iban: 'x' } },
        },
      ];
      for (const [step, wire] of steps.slice(0, n + 1).entries())
        await record(body(wire), at + n * 1_000 + step);
    }
    reads = createReads(store, { afterMs: 60_000, now: () => NOW });
    const graph = createGraph(store);
    contextOf = (viewer, now = NOW) => ({
      ...graph.contextOf(viewer),
      reads,
      silence: { afterMs: 60_000, now: () => now },
    });
    globalIds = [
      ...[sessionGlobalId('s1'), sessionGlobalId('s2'), sessionGlobalId('none')],
      ...[stageGlobalId('s4', 'ACCOUNTS'), 'no id'],
    ];
  });

  /** Both ways of executing, and how often the compiled one left a query to graphql-js. */
  function bothWays(hotAfter?: number) {
    const ordinary = createBoundedExecute(DEFAULT_LIMITS);
    const left: DocumentNode[] = [];
    const compiled = createCompiledExecute({
      schema,
      limits: DEFAULT_LIMITS,
      ...(hotAfter === undefined ? {} : { hotAfter }),
      otherwise(args) {
        left.push(args.document);
        return ordinary(args);
      },
    });
    return { ordinary, compiled, left };
  }

  // The store plays no part in which way a query is executed: one of them suffices in the short form.
  test.skipIf(on.kind === 'postgres' && !LONG)(
    `answers ${QUERIES} generated queries with the very bytes of graphql-js, whoever asked before`,
    async () => {
      const { ordinary, compiled, left } = bothWays(1);
      const next = createQueryGenerator(schema, createRandom(14), {
        ids: ['s0', 's1', 's2', 's4', 'p1', 'p2', 'e1', 'e2', 'none', 'anna', 'b1'],
        globalIds,
      });
      let written = 0;
      let executed = 0;
      let invalid = 0;
      for (let n = 0; n < QUERIES; n += 1) {
        const { text, variables } = next();
        const document = parse(text);
        if (validate(schema, document).length > 0) {
          invalid += 1;
          continue;
        }
        // Another viewer the second time, who finds what was kept for the first.
        for (let time = 0; time < (LONG || n % 4 === 0 ? 2 : 1); time += 1) {
          const viewer = VIEWERS[(n + time) % VIEWERS.length] ?? operator;
          const args = { schema, document, variableValues: variables };
          const expected = await ordinary({ ...args, contextValue: contextOf(viewer) });
          const found = await compiled({ ...args, contextValue: contextOf(viewer) });
          executed += 1;
          if (found instanceof WrittenResult) written += 1;
          const bytes = found instanceof WrittenResult ? found.text : JSON.stringify(found);
          if (bytes !== JSON.stringify(expected))
            expect({ text, bytes }).toEqual({ text, bytes: JSON.stringify(expected) });
        }
      }
      console.log(
        `${on.kind}: ${written} of ${executed} executions of hot queries were compiled; ${invalid} queries were not valid`,
      );
      expect(invalid).toBeLessThan(QUERIES / 10);
      expect(left.length).toBeGreaterThan(0);
      expect(written / executed).toBeGreaterThan(0.15);
    },
    LONG ? 900_000 : 120_000,
  );

  test.skipIf(on.kind === 'postgres' && !LONG)(
    `answers messages of ${SUBSCRIPTIONS} generated subscriptions with the very bytes of graphql-js`,
    async () => {
      const { ordinary, compiled, left } = bothWays(1);
      const next = createQueryGenerator(schema, createRandom(15), {
        operation: 'subscription',
        ids: ['s0', 's1', 's4', 'p1', 'e1', 'none', 'anna', 'b1'],
        globalIds,
      });
      const sent = await messagesOf(contextOf(operator));
      let written = 0;
      let executed = 0;
      for (let n = 0; n < SUBSCRIPTIONS; n += 1) {
        const { text, variables } = next();
        const document = parse(text);
        if (validate(schema, document).length > 0) continue;
        const field = Object.keys(sent).find((name) => text.includes(name)) ?? '';
        for (const [place, rootValue] of (sent[field] ?? []).entries()) {
          const args = { schema, document, variableValues: variables, rootValue };
          const viewer = VIEWERS[(n + place) % VIEWERS.length] ?? operator;
          const expected = await ordinary({ ...args, contextValue: contextOf(viewer) });
          // An argument that is refused ends a subscription before it has a message.
          if (expected.errors?.some(({ path }) => path?.length === 1 || path === undefined)) continue;
          const found = await compiled({ ...args, contextValue: contextOf(viewer) });
          executed += 1;
          if (found instanceof WrittenResult) written += 1;
          const bytes =
            found instanceof WrittenResult
              ? found.textWith('"c"')
              : JSON.stringify({ ...found, extensions: { cursor: '"c"' } });
          const wanted = JSON.stringify({ ...expected, extensions: { cursor: '"c"' } });
          if (bytes !== wanted) expect({ text, bytes }).toEqual({ text, bytes: wanted });
        }
      }
      console.log(`${on.kind}: ${written} of ${executed} messages were written by compiled subscriptions`);
      expect(left.length).toBeGreaterThan(0);
      expect(written / executed).toBeGreaterThan(0.5);
    },
    LONG ? 900_000 : 120_000,
  );

  /** What subscribers may be sent, by field: openings and changes, of states that are there and of none. */
  async function messagesOf({ live }: Context): Promise<Readonly<Record<string, readonly object[]>>> {
    const openings = async (sources: readonly Source[]) => {
      const opened = await Promise.all(sources.map((source) => source.open()));
      return opened.flatMap(({ messages }) => messages);
    };
    const sessions = await openings(
      ['s0', 's1', 's4', 's7', 'none'].map((sessionId) =>
        live.sessionStatusChanged({ viewer: operator, sessionId }),
      ),
    );
    const payments = await openings(
      ['p7', 'none'].map((paymentId) => live.paymentStatusChanged({ viewer: operator, paymentId })),
    );
    const [first] = await openings([live.callbackRecorded({ viewer: operator })]);
    const journal = await live.callbackRecorded({ viewer: operator }).resume(START);
    const changes = sessions
      .slice(0, 3)
      .map((message) => ({ ...message, kind: 'STATUS', stage: 'ACCOUNTS' }));
    return {
      sessionStatusChanged: [...sessions, ...changes],
      paymentStatusChanged: payments,
      callbackRecorded: [first ?? {}, ...journal.messages.slice(-6)],
    };
  }

  test('keeps no text of a state that clock, viewer or settings can change', async () => {
    const { ordinary, compiled } = bothWays();
    const document = parse(`{ sessions { edges { node {
      stalled stalledSince stallsAt outcome stage { expected status } stages { name expected }
      accounts { accountNumber maskedNumber } callbacks { edges { node { body } } } bank { health { sessions } } } } } }`);
    const contexts = VIEWERS.flatMap((viewer) =>
      [NOW, NOW - 3_600_000].flatMap((now) =>
        [true, false].map((expects) => ({ ...contextOf(viewer, now), expects: () => expects })),
      ),
    );
    for (const contextValue of [...contexts, ...contexts.reverse()]) {
      const args = { schema, document };
      const found = await compiled({ ...args, contextValue });
      expect(JSON.stringify(found)).toBe(JSON.stringify(await ordinary({ ...args, contextValue })));
    }
  });

  test('is used for the queries that screens send', async () => {
    const { compiled, left } = bothWays();
    const screens = [
      '{ session(sessionId: "s1") { sessionId externalId outcome nextAction stage { name status progress { done total } } } }',
      '{ sessions(first: 5) { liveCursor pageInfo { hasNextPage endCursor } edges { cursor node { id version stages { name status } } } } }',
      '{ session(sessionId: "s4") { accounts { maskedNumber accountNumber } transactionPages { accountId latestAccountingDate } } }',
      '{ payments { edges { node { paymentId status isFinal } } } }',
      '{ viewer { userId isOperator } }',
    ];
    for (const text of screens) {
      const document = parse(text);
      left.length = 0;
      for (let time = 0; time < EXECUTIONS; time += 1) {
        await compiled({ schema, document, contextValue: contextOf(operator) });
      }
      // The first two are executed by graphql-js: a query is compiled when it is executed for the third time.
      expect({ text, left: left.length }).toEqual({ text, left: 2 });
    }
  });

  test('leaves a query that goes on being refused to graphql-js for good', async () => {
    const { compiled, left } = bothWays();
    const document = parse('{ sessions(first: 101) { liveCursor } }');
    for (let time = 0; time < 40; time += 1) {
      const { errors } = await compiled({ schema, document, contextValue: contextOf(operator) });
      expect(errors?.[0]?.message).toContain('first');
    }
    expect(left).toHaveLength(40);
  });
});
