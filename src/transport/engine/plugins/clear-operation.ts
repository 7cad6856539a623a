import { getOperationAST, Kind } from 'graphql';
import { badInput } from '../../../errors.ts';
import type { YogaPlugin } from '../yoga-plugin.ts';

/** What a document is answered that does not say which of its operations is meant. */
export const OPERATION_UNCLEAR =
  'The document holds no operation of this name, or several without one being named: set operationName.';

/** Answers an unclear operation in the gateway's own words where Yoga itself answers; the engine does so by itself. */
export function useClearOperation(): YogaPlugin {
  return {
    onParse({ context: { request, params } }) {
      // Only what `yoga.handle` answers has a request.
      if (request === undefined) return undefined;
      return ({ result }) => {
        if (result === null || !('kind' in result) || result.kind !== Kind.DOCUMENT) return;
        if (getOperationAST(result, params.operationName) == null) throw badInput(OPERATION_UNCLEAR);
      };
    },
  };
}
