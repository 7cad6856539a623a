import type { Config } from '../config/config.ts';
import { createClientAddress } from '../http/client-address.ts';
import type { ReadBody } from '../http/read-body.ts';
import type { Route } from '../http/router.ts';
import type { Emit } from '../observe.ts';
import { createAuthenticator } from './authenticate/authenticator.ts';
import { createFailureLimiter } from './authenticate/failure-limiter.ts';
import { emitAnswers } from './emit-answers.ts';
import { createReceive, type ReceiveOptions } from './receive.ts';
import { callbackRoutes } from './route.ts';

/** How far a signed timestamp may be from the store's clock, either way: docs/callbacks.md. */
const SIGNATURE_TOLERANCE_MS = 300_000;

export interface ConfiguredRoutesOptions extends Pick<ReceiveOptions, 'recorder' | 'now' | 'isDraining'> {
  readonly config: Pick<Config, 'callback' | 'trustProxy'>;
  readonly readBody: ReadBody;
  readonly emit: Emit;
}

/** The routes that receive callbacks, with the configured authentication. */
export function configuredCallbackRoutes({
  config: { callback, trustProxy },
  recorder,
  readBody,
  now,
  isDraining,
  emit,
}: ConfiguredRoutesOptions): readonly Route[] {
  const { signingKeys, header, headerSecrets, pathSecrets } = callback;
  const authenticate = createAuthenticator({
    signingKeys,
    header: { name: header, secrets: headerSecrets },
    pathSecrets,
    toleranceMs: SIGNATURE_TOLERANCE_MS,
    now,
  });
  const receive = createReceive({
    authenticate,
    failures: createFailureLimiter(),
    recorder,
    now,
    isDraining,
  });
  return callbackRoutes({
    receive: emitAnswers(receive, emit),
    readBody,
    addressOf: createClientAddress(trustProxy),
    emit,
  });
}
