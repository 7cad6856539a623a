import { type ExecutionResult, execute, type GraphQLSchema, parse, validate } from 'graphql';
import { readReported } from '../../../src/callbacks/parse/claims.ts';
import { readFindings } from '../../../src/callbacks/parse/parse.ts';
import { createCatchUp } from '../../../src/db/read/catch-up.ts';
import { createReads } from '../../../src/db/read/reads.ts';
import type { Store } from '../../../src/db/store.ts';
import { DEFAULT_STALLED_AFTER_MS } from '../../../src/domain/session/silence.ts';
import { EXPLORER, type Viewer } from '../../../src/domain/viewer.ts';
import { createHub } from '../../../src/live/hub.ts';
import { createSubscriptions } from '../../../src/live/sources/subscriptions.ts';
import { createLogger } from '../../../src/logger.ts';
import { buildSchema } from '../../../src/schema/build.ts';
import type { Context } from '../../../src/schema/context.ts';
import { EXPECTED } from '../builders/states.ts';

/** The graph over a store, without any transport. */
export interface Graph {
  readonly schema: GraphQLSchema;
  contextOf(viewer?: Viewer): Context;
  /** Answers a query; errors as they were thrown, neither masked nor formatted. */
  ask(query: string, variables?: Record<string, unknown>, viewer?: Viewer): Promise<ExecutionResult>;
}

export function createGraph(store: Pick<Store, 'db'>): Graph {
  const schema = buildSchema();
  const reads = createReads(store);
  const hub = createHub({ log: createLogger({ level: 'silent' }) });
  const live = createSubscriptions({ hub, catchUp: createCatchUp(store) });
  const contextOf = (viewer: Viewer = EXPLORER): Context => ({
    viewer,
    reads,
    live,
    expects: (stage) => EXPECTED.some((expected) => expected === stage),
    silence: { afterMs: DEFAULT_STALLED_AFTER_MS, now: Date.now },
    cursors: [],
    readReported,
    readFindings,
  });
  return {
    schema,
    contextOf,
    async ask(query, variables = {}, viewer = EXPLORER) {
      const document = parse(query);
      const errors = validate(schema, document);
      if (errors.length > 0) return { errors };
      return execute({ schema, document, variableValues: variables, contextValue: contextOf(viewer) });
    },
  };
}

/** The code of each error, as the transports find it. */
export function codesOf({ errors = [] }: ExecutionResult): unknown[] {
  return errors.map(({ originalError }) =>
    originalError !== undefined && originalError !== null && 'code' in originalError
      ? originalError.code
      : null,
  );
}
