import { type DocumentNode, GraphQLError, type ParseOptions, parse, type Source } from 'graphql';
import type { Limits } from '../../../config/limits.ts';
import { createDocumentLimits } from '../document-limits.ts';
import { withCode } from '../with-code.ts';
import type { YogaPlugin } from '../yoga-plugin.ts';

/**
 * Refuses documents that are too long, deep or repetitive before they are validated. A refusal is kept with its text as
 * a document is, so that sending it again costs nothing.
 */
export function useDocumentLimits(limits: Limits): YogaPlugin {
  const documentLimits = createDocumentLimits(limits);

  function parseWithinLimits(source: string | Source, options?: ParseOptions): DocumentNode {
    const document = read(source, { ...options, maxTokens: documentLimits.tokens });
    documentLimits.check(document);
    return document;
  }

  function read(source: string | Source, options: ParseOptions): DocumentNode {
    try {
      return parse(source, options);
    } catch (error) {
      const text = typeof source === 'string' ? source : source.body;
      const tooLong = documentLimits.faultOfText(text);
      throw tooLong ?? (error instanceof GraphQLError ? withCode(error, 'GRAPHQL_PARSE_FAILED') : error);
    }
  }

  return {
    onParse({ setParseFn }) {
      setParseFn(parseWithinLimits);
    },
  };
}
