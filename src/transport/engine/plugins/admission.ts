import type { Admission } from '../admission.ts';
import { admitted } from '../admitted-engine.ts';
import type { YogaPlugin } from '../yoga-plugin.ts';

/** Lets an operation that Yoga itself answers wait for its turn, as those of the engine do. */
export function useAdmission(admission: Admission): YogaPlugin {
  return {
    onParams({ params, context: { viewer, isGone }, paramsHandler, setParamsHandler }) {
      const operation = { viewer, isGone, text: params.query ?? '', kind: 'query' } as const;
      setParamsHandler((payload) => admitted(admission, operation, async () => paramsHandler(payload)));
    },
  };
}
