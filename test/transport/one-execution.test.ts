import { defaultFieldResolver, GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { encodeCursor } from '../../src/domain/cursor.ts';
import { EXPLORER, type Viewer } from '../../src/domain/viewer.ts';
import { createFanout } from '../../src/live/fanout/fanout.ts';
import { createHub } from '../../src/live/hub.ts';
import { publishEntry } from '../../src/live/publish-entry.ts';
import { createSubscriptions } from '../../src/live/sources/subscriptions.ts';
import { createLogger } from '../../src/logger.ts';
import { buildSchema } from '../../src/schema/build.ts';
import { createEngine } from '../../src/transport/engine/create-engine.ts';
import type { GraphqlRequest } from '../../src/transport/engine/request.ts';
import { emptyCatchUp, entryOf, headOf, IDENTITY } from '../support/builders/entries.ts';
import { fingerprintAt } from '../support/builders/states.ts';
import { person } from '../support/builders/viewers.ts';

/** The real graph, that counts how often the change's `cursor` is resolved: once an execution. */
function countedSchema(): { schema: GraphQLSchema; executions: () => number } {
  const schema = buildSchema();
  const type = schema.getType('SessionStatusChange');
  const field = type instanceof GraphQLObjectType ? type.getFields().cursor : undefined;
  if (field === undefined) throw new Error('SessionStatusChange has no cursor');
  const { resolve = defaultFieldResolver } = field;
  let executions = 0;
  field.resolve = (...given) => {
    executions += 1;
    return resolve(...given);
  };
  return { schema, executions: () => executions };
}

/** Engine and fan-out over a hub that the test publishes to; the store is empty and stands at position 5. */
function bench() {
  const log = createLogger({ level: 'silent' });
  const hub = createHub({ log });
  const head = headOf(5);
  const live = createSubscriptions({
    hub,
    catchUp: emptyCatchUp(head),
  });
  const { schema, executions } = countedSchema();
  const engine = createEngine({
    schema,
    contextOf: (viewer, cursors) => ({ viewer, cursors, live, expects: () => true }),
    introspection: 'on',
    limits: readConfig({}).limits,
    log,
  });
  const fanout = createFanout({ hub, errorOf: engine.errorOf });
  const payloads: string[] = [];
  return {
    fanout,
    hub,
    async join(request: GraphqlRequest, viewer: Viewer = EXPLORER, cursors: readonly string[] = []) {
      const operation = engine.parse(request, { viewer, cursors });
      const subscribed = 'errors' in operation ? operation : await operation.subscribe();
      if ('errors' in subscribed) throw new Error(JSON.stringify(subscribed.errors));
      fanout.join(subscribed, {
        transport: 'ws',
        writable: () => true,
        send: (payload) => payloads.push(payload),
        fail: (errors) => payloads.push(JSON.stringify({ errors })),
        slow: () => {},
      });
    },
    /** Publishes a change, and says how often it was executed and what was sent. */
    change(position: number, userId = 'u1') {
      payloads.length = 0;
      const before = executions();
      publishEntry(hub, entryOf(position, { userId }));
      return { executions: executions() - before, payloads: [...payloads] };
    },
  };
}

const FIELDS = 'cursor kind session { sessionId version stages { name status } }';
const QUERY = `subscription ($id: ID, $after: String) { sessionStatusChanged(sessionId: $id, after: $after) { ${FIELDS} } }`;
const cursor = (position: number) =>
  encodeCursor({ identity: IDENTITY, position, fingerprint: fingerprintAt(position) });
/** Openings are read from the store. */
const opened = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('subscriptions that ask the same', () => {
  it('are one execution and one payload, a hundred of them', async () => {
    const { join, change, fanout, hub } = bench();
    for (let n = 0; n < 100; n += 1) await join({ query: QUERY, variables: { id: 's1' } });
    await opened();
    expect([fanout.size, fanout.groups, hub.size]).toEqual([100, 1, 1]);
    const { executions, payloads } = change(6);
    expect(executions).toBe(1);
    expect(payloads).toHaveLength(100);
    expect(new Set(payloads).size).toBe(1);
  });

  it('are one with any cursors, sent in any way', async () => {
    const { join, change, fanout } = bench();
    const variables = { id: 's1' };
    await join({ query: QUERY, variables });
    for (const position of [1, 2, 3]) {
      await join({ query: QUERY, variables: { ...variables, after: cursor(position) } });
      await join({ query: QUERY, variables, extensions: { after: cursor(position) } });
      await join({ query: QUERY, variables }, EXPLORER, [cursor(position)]);
    }
    const inline = (after: string) =>
      `subscription { sessionStatusChanged(sessionId: "s1", after: "${after}") { ${FIELDS} } }`;
    await join({ query: inline(cursor(2)) });
    await join({ query: inline(cursor(4)) });
    await opened();
    // The two documents differ; within each all is shared.
    expect(fanout.groups).toBe(2);
    const { executions, payloads } = change(6);
    expect([executions, payloads.length]).toEqual([2, 12]);
  });

  it('are distinguished by viewer, variables and selection', async () => {
    const { join, change, fanout } = bench();
    const [anna, boris] = [person('anna'), person('boris')];
    const all = `subscription ($after: String) { sessionStatusChanged(after: $after) { ${FIELDS} } }`;
    for (const viewer of [anna, anna, boris, EXPLORER]) await join({ query: all }, viewer);
    for (const id of ['s1', 's2']) await join({ query: QUERY, variables: { id } }, anna);
    await join({ query: 'subscription { sessionStatusChanged { cursor } }' }, anna);
    await opened();
    expect(fanout.groups).toBe(6);
    // Anna's change: her two alike, her own session's, her cursor, and the operator's.
    expect(change(6, 'anna')).toMatchObject({ executions: 4, payloads: { length: 5 } });
    expect(change(7, 'boris')).toMatchObject({ executions: 2, payloads: { length: 2 } });
  });
});
