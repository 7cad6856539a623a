import { type ExecutionArgs, type ExecutionResult, OperationTypeNode } from 'graphql';
import { viewerScope } from '../../domain/viewer.ts';
import { badInput } from '../../errors.ts';
import type { Rendered } from '../../live/fanout/shared-message.ts';
import type { Message, Source } from '../../live/sources/source.ts';
import type { BoundedExecute } from './bounded-execute.ts';
import { WrittenResult } from './compiled/written-result.ts';
import type { LiveOperation, Refusal } from './engine.ts';
import type { LiveKey } from './live-key.ts';
import type { Parsed } from './parse.ts';
import { OpenedSource } from './plugins/execution.ts';
import { prepare, type Refuse } from './prepare.ts';

/** What a query is answered where a subscription is expected. */
export const NOT_LIVE = 'This operation is no subscription.';

export interface SubscribeParts {
  /** Executes one message, without Yoga's hooks (docs/decisions/0023-yoga-as-engine.md). */
  readonly execute: BoundedExecute;
  readonly liveKey: LiveKey;
  readonly refuse: Refuse;
}

/** Opens a subscription through all of Yoga's phases. Never rejects. */
export async function subscribe(parsed: Parsed, parts: SubscribeParts): Promise<Refusal | LiveOperation> {
  try {
    return await open(parsed, parts);
  } catch (error) {
    return parts.refuse([error]);
  }
}

async function open(parsed: Parsed, parts: SubscribeParts): Promise<Refusal | LiveOperation> {
  const { refuse } = parts;
  const prepared = prepare(parsed, refuse);
  const args = prepared instanceof Promise ? await prepared : prepared;
  if ('errors' in args) return args;
  const { definition, document, enveloped, request, seed } = parsed;
  if (definition?.operation !== OperationTypeNode.SUBSCRIPTION) return refuse([badInput(NOT_LIVE)]);
  const opened = await enveloped.subscribe(args);
  if (!(opened instanceof OpenedSource)) return refuse(errorsOf(opened));
  const { source } = opened;
  const key = parts.liveKey({
    document,
    operation: definition,
    variables: request.variables ?? {},
    scope: viewerScope(seed.viewer),
    share: source.share,
  });
  return new OpenedOperation(source, key, args, parts);
}

/** A class, because there are thousands of idle ones: a closure would hold all that its neighbours need. */
class OpenedOperation implements LiveOperation {
  readonly source: Source;
  readonly key: string;
  readonly #args: ExecutionArgs;
  readonly #parts: SubscribeParts;

  constructor(source: Source, key: string, args: ExecutionArgs, parts: SubscribeParts) {
    this.source = source;
    this.key = key;
    this.#args = args;
    this.#parts = parts;
  }

  run(message: Message): Rendered | Promise<Rendered> {
    const { execute, refuse } = this.#parts;
    try {
      const executed = execute({ ...this.#args, rootValue: message });
      if (!(executed instanceof Promise)) return this.#render(executed, message);
      return executed.then(
        (result) => this.#render(result, message),
        (error: unknown) => refuse([error]).errors,
      );
    } catch (error) {
      return refuse([error]).errors;
    }
  }

  #render(result: ExecutionResult, { cursor }: Message): Rendered {
    if (result instanceof WrittenResult) return result.textWith(cursor);
    const { data, errors } = result;
    if (errors !== undefined) return this.#parts.refuse(errors).errors;
    return JSON.stringify({ data, extensions: { cursor } });
  }
}

/** Why a subscription was not opened. */
function errorsOf(refused: object): readonly unknown[] {
  if ('errors' in refused && Array.isArray(refused.errors)) return refused.errors;
  return [new Error('a plugin took the source of a subscription away')];
}
