import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { endWith, say } from './end-with.ts';
import { readHttpUrl } from './option-values.ts';
import type { TailedCallback } from './tail/follow.ts';

const URL_OF_GATEWAY = 'http://127.0.0.1:4000';

/**
 * `callboard tail`: follows the journal. With `--state` it goes on where it stopped; with `--forward-to` each body goes to
 * a target, in order, and the state moves on when the target has taken it (docs/decisions/0049).
 */
export function createTail() {
  return new Command('tail')
    .description('follows the callbacks that a gateway records, and passes them on')
    .option('--url <url>', `the address of the gateway (default: ${URL_OF_GATEWAY})`, readHttpUrl)
    .option('--token <jwt>', "an operator's token")
    .option('--after <cursor>', 'begins after this cursor (default: with what comes now)')
    .option(
      '--state <file>',
      'goes on where the tail with this file stopped; --after counts where there is none',
    )
    .option('--filter <json>', 'a CallbackFilter of the graph, as JSON', readJson)
    .option('--forward-to <url>', 'posts each body to this address, byte for byte', readTarget)
    .option('--json', 'prints each callback as a line of JSON')
    .action((options) =>
      endWith(async () => {
        const { follow } = await import('./tail/follow.ts');
        const { createForward } = await import('./tail/forward.ts');
        const { readCursor, writeCursor } = await import('./tail/cursor-file.ts');
        const { stopOnSignal } = await import('./stop-on-signal.ts');
        const { url = URL_OF_GATEWAY, token = null, state, filter = null, forwardTo: to } = options;
        const signal = stopOnSignal();
        const forward =
          to === undefined
            ? null
            : createForward({ to, signal, onFailed: (reason) => note(`${to} ${reason}; it is sent again`) });
        const held = state === undefined ? null : await readCursor(state);
        if (held !== null && options.after !== undefined)
          note(`${state} has a cursor, so --after does not count`);
        const after = held ?? options.after ?? null;
        // Nobody reads the same line every few seconds.
        let noted = '';
        const onLost = (reason: string) => {
          if (reason !== noted) note(`${url}: ${reason}; it is tried again`);
          noted = reason;
        };
        try {
          for await (const { cursor, recovered, callback } of follow({
            url,
            token,
            filter,
            after,
            signal,
            onLost,
          })) {
            noted = '';
            if (!recovered) note('the cursor was not honoured: callbacks before this may be missing');
            if (callback !== null) {
              await forward?.(callback);
              say(options.json ? JSON.stringify({ cursor, ...callback }) : lineOf(callback));
            }
            if (state !== undefined) await writeCursor(state, cursor);
          }
        } catch (error) {
          if (!signal.aborted) throw error;
        }
        return 0;
      }),
    );
}

function note(text: string): void {
  process.stderr.write(`callboard tail: ${text}\n`);
}

function lineOf({ position, receivedAt, outcome, kind, reason, reported }: TailedCallback): string {
  const { sessionId, paymentId, stage, status } = reported;
  const parts = [receivedAt, position, outcome, kind, sessionId ?? paymentId, stage, status, reason];
  return parts.filter((part) => part !== null).join(' ');
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It is JSON, such as {"outcome":["QUARANTINED"]}.');
  }
}

function readTarget(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('It is an address such as http://127.0.0.1:8080/hook.');
}
