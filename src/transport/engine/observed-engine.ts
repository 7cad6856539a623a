import type { FormattedExecutionResult } from 'graphql';
import { type Emit, OPERATION_CODES, type OperationCode } from '../../observe.ts';
import type { Engine, Operation, Refusal } from './engine.ts';
import type { GraphqlRequest, RequestSeed } from './request.ts';

/** The same engine. Each query that it executes and each subscription that it prepares is emitted. */
export function createObservedEngine<E extends Engine>(engine: E, emit: Emit): E {
  return {
    ...engine,
    parse(request: GraphqlRequest, seed: RequestSeed): Refusal | Operation {
      if (emit.operationExecuted === null) return engine.parse(request, seed);
      const began = performance.now();
      const operation = engine.parse(request, seed);
      if ('errors' in operation) {
        emit.operationExecuted({ type: 'query', code: codeOf(operation), ms: performance.now() - began });
        return operation;
      }
      return {
        kind: operation.kind,
        async execute() {
          const result = await operation.execute();
          emit.operationExecuted?.({ type: 'query', code: codeOf(result), ms: performance.now() - began });
          return result;
        },
        async subscribe() {
          const live = await operation.subscribe();
          const code = 'errors' in live ? codeOf(live) : 'OK';
          emit.operationExecuted?.({ type: 'subscription', code, ms: performance.now() - began });
          return live;
        },
      };
    },
  };
}

function codeOf({ errors = [] }: Pick<FormattedExecutionResult, 'errors'>): OperationCode {
  const [first] = errors;
  if (first === undefined) return 'OK';
  const code = first.extensions?.code;
  return OPERATION_CODES.find((known) => known === code) ?? 'INTERNAL_SERVER_ERROR';
}
