import type { MaskError } from '../mask-error.ts';
import type { YogaPlugin } from '../yoga-plugin.ts';
import { yogaRefusalOf } from '../yoga-refusal.ts';

/**
 * Masks every error of what Yoga itself answers, whatever threw it. The engine masks what it answers: Yoga's own option
 * (`maskedErrors`) costs two more microseconds for each query, and leaves what validation and plugins refuse.
 */
export function useMaskedErrors(maskError: MaskError): YogaPlugin {
  return {
    onResultProcess({ result, setResult }) {
      if (!('errors' in result) || result.errors === undefined) return;
      const errors = result.errors.map((error) => (yogaRefusalOf(error) === null ? maskError(error) : error));
      setResult({ ...result, errors });
    },
  };
}
