import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import type { Viewer } from '../../../domain/viewer.ts';
import { badInput } from '../../../errors.ts';
import type { Source } from '../../../live/sources/source.ts';
import type { BoundedExecute } from '../bounded-execute.ts';
import type { YogaPlugin } from '../yoga-plugin.ts';

/** Looks at an operation and its variables before it is executed or subscribed; null where it may be. */
export type ExecutionCheck = (args: ExecutionArgs, viewer: Viewer) => readonly GraphQLError[] | null;

/** What the first of these checks that finds anything says; null where none does. */
export function faultsOf(
  checks: readonly ExecutionCheck[],
  args: ExecutionArgs,
  viewer: Viewer,
): readonly GraphQLError[] | null {
  for (const check of checks) {
    const errors = check(args, viewer);
    if (errors !== null) return errors;
  }
  return null;
}

/** What a subscription is answered where one result is expected. */
export const WRONG_WIRE =
  'A subscription is answered over WebSocket (graphql-transport-ws), or as text/event-stream: send that in Accept.';

/**
 * Executes by graphql-js, bounded in time and size, and not by the executor that Yoga brings. Of a subscription only
 * the source is opened: the fan-out sends its messages, one execution for all subscribers (live/fanout). The checks
 * are no plugins of their own, since each hook of an execution costs about a microsecond.
 */
export function useExecution(execute: BoundedExecute, checks: readonly ExecutionCheck[]): YogaPlugin {
  return {
    onExecute({ args, context: { viewer }, setExecuteFn, setResultAndStopExecution }) {
      const errors = faultsOf(checks, args, viewer);
      if (errors === null) setExecuteFn(execute);
      else setResultAndStopExecution({ errors });
    },
    onSubscribe({ args, context: { viewer, request }, setSubscribeFn, setResultAndStopExecution }) {
      const errors = faultsOf(checks, args, viewer);
      // Only what `yoga.handle` answers has a request.
      if (errors === null) setSubscribeFn(request === undefined ? openSource : refuseSubscription);
      else setResultAndStopExecution({ errors });
    },
  };
}

/** An opened subscription among Yoga's results: no iterable, which Yoga's plugins would wrap. */
export class OpenedSource implements ExecutionResult {
  readonly data = null;
  readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }
}

async function openSource(args: ExecutionArgs): Promise<ExecutionResult> {
  const opened = await createSourceEventStream(args);
  if (isSource(opened)) return new OpenedSource(opened);
  if ('errors' in opened) return opened;
  throw new Error('a subscription opened no source of changes');
}

async function refuseSubscription(): Promise<ExecutionResult> {
  const originalError = badInput(WRONG_WIRE);
  return { errors: [new GraphQLError(WRONG_WIRE, { originalError })] };
}

function isSource(value: unknown): value is Source {
  return typeof value === 'object' && value !== null && 'toMessage' in value && 'open' in value;
}
