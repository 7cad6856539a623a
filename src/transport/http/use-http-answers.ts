import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import type { YogaPlugin } from '../engine/yoga-plugin.ts';
import { yogaRefusalOf } from '../engine/yoga-refusal.ts';
import { readAccept } from './accept.ts';
import { answerOf, type GraphqlAnswer, type JsonType } from './graphql-answer.ts';

/** Answers what goes through `yoga.handle` as everything else on `/graphql` is answered: same types, same statuses. */
export function useHttpAnswers(): YogaPlugin {
  return {
    onResultProcess({ request, result, setResultProcessor }) {
      const { json } = readAccept(request.headers.get('accept') ?? undefined);
      // Neither batches nor streams go this way.
      if (Array.isArray(result) || Symbol.asyncIterator in result) return;
      const { status, headers, text } = toAnswer(result, json);
      setResultProcessor((_, { Response }) => new Response(text, { status, headers }), json ?? '*/*');
    },
  };
}

function toAnswer({ data, errors }: ExecutionResult, json: JsonType): GraphqlAnswer {
  const answer = answerOf(errors === undefined ? { data } : { errors: errors.map(toFormatted), data }, json);
  const refusal = errors?.map(yogaRefusalOf).find((found) => found !== null);
  if (refusal === undefined || refusal === null) return answer;
  return { ...answer, status: refusal.status, headers: { ...answer.headers, ...refusal.headers } };
}

/** What Yoga itself refuses is not masked: here it gets what every error of the gateway has. */
function toFormatted(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...formatted } = error.toJSON();
  if (yogaRefusalOf(error) === null) return { ...formatted, extensions };
  return { ...formatted, extensions: { code: extensions?.code, retryable: false } };
}
