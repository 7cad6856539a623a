import type { Viewer } from '../../domain/viewer.ts';
import type { Source } from '../../live/sources/source.ts';
import type { Admission, AskedOperation } from './admission.ts';
import type { Engine } from './engine.ts';
import { mostCostOf } from './result-cost.ts';

/**
 * The same engine, its work done when the admission lets it: queries, the opening of a subscription, and what a
 * subscription reads later from the store. A refusal is an error of that operation alone.
 */
export function createAdmittedEngine(engine: Engine, admission: Admission): Engine {
  return {
    ...engine,
    async execute(request, seed) {
      const { viewer, isGone } = seed;
      try {
        const operation: AskedOperation = { viewer, isGone, text: request.query, kind: 'query' };
        return await admitted(admission, operation, () => engine.execute(request, seed));
      } catch (error) {
        return { errors: [engine.errorOf(error)] };
      }
    },
    async subscribe(request, seed) {
      const operation = await engine.subscribe(request, seed);
      if ('errors' in operation) return operation;
      return {
        ...operation,
        source: admittedSource(operation.source, admission, request.query, seed.viewer),
      };
    },
  };
}

/** Executes `work` once there is leave for it. */
export async function admitted<T>(
  admission: Admission,
  operation: AskedOperation,
  work: () => Promise<T>,
): Promise<T> {
  const entered = admission.enter(operation);
  const { leave } = entered instanceof Promise ? await entered : entered;
  let result: T | undefined;
  try {
    result = await work();
    return result;
  } finally {
    leave(() => mostCostOf(result));
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
