import type { Viewer } from '../../domain/viewer.ts';
import type { Source } from '../../live/sources/source.ts';
import type { Admission, PendingOperation } from './admission.ts';
import type { Engine, Operation, Refusal } from './engine.ts';
import type { GraphqlRequest, RequestSeed } from './request.ts';
import { maxCostOf } from './result-cost.ts';

/**
 * The same engine, its work done when the admission lets it: queries, the opening of a subscription, and what a
 * subscription reads later from the store. A refusal is an error of that operation alone.
 */
export function createAdmittedEngine<E extends Engine>(engine: E, admission: Admission): E {
  return {
    ...engine,
    parse(request: GraphqlRequest, seed: RequestSeed): Refusal | Operation {
      const operation = engine.parse(request, seed);
      if ('errors' in operation) return operation;
      const { viewer, isGone } = seed;
      const text = request.query;
      return {
        kind: operation.kind,
        async execute() {
          try {
            const query: PendingOperation = { viewer, isGone, text, kind: 'query' };
            return await admitted(admission, query, () => operation.execute());
          } catch (error) {
            return { errors: [engine.errorOf(error)] };
          }
        },
        async subscribe() {
          const live = await operation.subscribe();
          if ('errors' in live) return live;
          return { ...live, source: admittedSource(live.source, admission, text, viewer) };
        },
      };
    },
  };
}

/** Executes `work` once there is leave for it. */
export async function admitted<T>(
  admission: Admission,
  operation: PendingOperation,
  work: () => Promise<T>,
): Promise<T> {
  const entered = admission.enter(operation);
  const { leave } = entered instanceof Promise ? await entered : entered;
  let result: T | undefined;
  try {
    result = await work();
    return result;
  } finally {
    leave(() => maxCostOf(result));
  }
}

function admittedSource(source: Source, admission: Admission, text: string, viewer: Viewer): Source {
  return {
    ...source,
    open: () => admitted(admission, { viewer, text, kind: 'opening' }, () => source.open()),
    resume: (position) =>
      admitted(admission, { viewer, text, kind: 'running' }, () => source.resume(position)),
  };
}
