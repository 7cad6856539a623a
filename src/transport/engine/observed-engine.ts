import type { GraphQLFormattedError } from 'graphql';
import { type Emit, OPERATION_CODES, type OperationCode } from '../../observe.ts';
import type { Engine, Operation, Refusal } from './engine.ts';
import type { GraphqlRequest, RequestSeed } from './request.ts';

interface ResultErrors {
  readonly errors?: readonly Pick<GraphQLFormattedError, 'extensions'>[] | undefined;
}

/** The same engine. Each query that it executes and each subscription that it prepares is emitted. */
export function createObservedEngine<E extends Engine>(engine: E, emit: Emit): E {
  return {
    ...engine,
    parse(request: GraphqlRequest, seed: RequestSeed): Refusal | Operation {
      if (emit.operationExecuted === null) return engine.parse(request, seed);
      const began = performance.now();
      const emitted = (type: 'query' | 'subscription', code: OperationCode) =>
        emit.operationExecuted?.({
          type,
          code,
          ms: performance.now() - began,
          traceparent: seed.traceparent ?? null,
        });
      const operation = engine.parse(request, seed);
      if ('errors' in operation) {
        emitted('query', codeOf(operation));
        return operation;
      }
      return {
        kind: operation.kind,
        async execute() {
          const result = await operation.execute();
          emitted('query', codeOf(result));
          return result;
        },
        async subscribe() {
          const live = await operation.subscribe();
          emitted('subscription', 'errors' in live ? codeOf(live) : 'OK');
          return live;
        },
      };
    },
  };
}

/** How an operation with this result ended. */
export function codeOf({ errors = [] }: ResultErrors): OperationCode {
  const [first] = errors;
  if (first === undefined) return 'OK';
  const code = first.extensions?.code;
  return OPERATION_CODES.find((known) => known === code) ?? 'INTERNAL_SERVER_ERROR';
}
