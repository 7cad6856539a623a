import { CallboardError } from '../../../errors.ts';
import type { TrustedList } from '../trusted-list.ts';
import type { YogaPlugin } from '../yoga-plugin.ts';

/** Refuses every document but those of a list, with FORBIDDEN. Operators may send any. */
export function useTrustedDocuments(trusted: TrustedList): YogaPlugin {
  return {
    onParse({ params: { source }, context: { viewer } }) {
      const text = typeof source === 'string' ? source : source.body;
      if (viewer.isOperator || trusted.has(text)) return;
      throw new CallboardError(
        'FORBIDDEN',
        'This document is none of those that are answered here: add it to TRUSTED_DOCUMENTS.',
      );
    },
  };
}
