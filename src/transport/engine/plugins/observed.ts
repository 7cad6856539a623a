import type { Emit } from '../../../observe.ts';
import { codeOf } from '../observed-engine.ts';
import type { YogaPlugin } from '../yoga-plugin.ts';
import { yogaRefusalOf } from '../yoga-refusal.ts';

/** Emits each operation that Yoga itself answers, as the observed engine does those of the other ways. */
export function useObserved(emit: Emit): YogaPlugin {
  const beganAt = new WeakMap<Request, number>();
  return {
    onRequestParse({ request }) {
      if (emit.operationExecuted !== null) beganAt.set(request, performance.now());
    },
    onResultProcess({ request, result, serverContext }) {
      const began = beganAt.get(request);
      if (began === undefined || Array.isArray(result) || Symbol.asyncIterator in result) return;
      const isRefused = result.errors?.some((error) => yogaRefusalOf(error) !== null) ?? false;
      emit.operationExecuted?.({
        type: 'query',
        code: isRefused ? 'BAD_USER_INPUT' : codeOf(result),
        ms: performance.now() - began,
        traceparent: serverContext.traceparent ?? null,
      });
    },
  };
}
