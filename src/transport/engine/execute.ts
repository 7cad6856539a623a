import { type FormattedExecutionResult, OperationTypeNode } from 'graphql';
import { badInput } from '../../errors.ts';
import type { Parsed } from './parse.ts';
import { WRONG_WIRE } from './plugins/execution.ts';
import { prepare, type Refuse } from './prepare.ts';

/** Answers a query through all of Yoga's phases. Never rejects. */
export async function execute(parsed: Parsed, refuse: Refuse): Promise<FormattedExecutionResult> {
  try {
    const prepared = prepare(parsed, refuse);
    const args = prepared instanceof Promise ? await prepared : prepared;
    if ('errors' in args) return args;
    if (parsed.definition?.operation === OperationTypeNode.SUBSCRIPTION)
      return refuse([badInput(WRONG_WIRE)]);
    const result = await parsed.enveloped.execute(args);
    return result.errors === undefined ? result : { ...result, ...refuse(result.errors) };
  } catch (error) {
    return refuse([error]);
  }
}
