import { faultsAcross } from './across-variables.ts';
import type { TrustedDocuments } from './documents.ts';
import type { Environment } from './environment.ts';
import { type Limits, toLimits } from './limits.ts';
import type { SigningKey } from './signing-key.ts';
import { type StoreConfig, toStoreConfig } from './store.ts';
import { readVariables, type Values } from './values.ts';
import { type LogLevel, type Mode, VARIABLE_NAMES } from './variables.ts';

/** A load balancer that looks every two seconds sees the 503 twice. */
const PRODUCTION_LAME_DUCK_MS = 5_000;

/** All settings of the gateway, checked and frozen. Times are in milliseconds. */
export interface Config extends StoreConfig {
  readonly mode: Mode;
  /** In explore mode always a loopback address. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly stalledAfterMs: number;
  /** How long everything is served as usual on SIGTERM, with `/readyz` 503, before the drain. */
  readonly lameDuckMs: number;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  readonly graphiql: boolean;
  readonly introspection: boolean;
  /** As a browser sends them in `Origin`. */
  readonly allowedOrigins: readonly string[];
  /** Addresses, networks or proxy-addr's names for them, whose `X-Forwarded-For` counts. */
  readonly trustProxy: readonly string[];
  /** Null keeps everything. */
  readonly retentionDays: number | null;
  readonly metricsToken: string | null;
  /** The only documents that are executed, except for operators; null: all are. */
  readonly trustedDocuments: TrustedDocuments | null;
  /** The limits on what clients may request. */
  readonly limits: Limits;
  /** How callbacks are authenticated; all three lists empty means not at all (explore mode only). */
  readonly callback: {
    /** At most two of each kind. */
    readonly signingKeys: readonly SigningKey[];
    /** In lower case. */
    readonly header: string;
    readonly headerSecrets: readonly string[];
    readonly pathSecrets: readonly string[];
  };
  /** How viewers are authenticated: at most one of `jwksUrl` and `secrets`. */
  readonly jwt: {
    readonly jwksUrl: string | null;
    readonly secrets: readonly string[];
    readonly issuer: string | null;
    readonly audience: string | null;
    /** The only algorithms a token may be signed with. */
    readonly algorithms: readonly string[];
    readonly userClaim: string;
    /** Null leaves payments to operators. */
    readonly paymentUserClaim: string | null;
  };
}

/**
 * Reads the whole configuration, and the files of secrets. An empty variable counts as unset. Throws one ConfigError
 * that names every fault. The result is deeply frozen.
 */
export function readConfig(env: Environment): Config {
  return toConfig(readVariables(env, VARIABLE_NAMES, faultsAcross));
}

function toConfig(values: Values): Config {
  const explores = values.MODE === 'explore';
  return Object.freeze({
    mode: values.MODE,
    host: values.HOST,
    port: values.PORT,
    ...toStoreConfig(values),
    stalledAfterMs: values.STALLED_AFTER_MS,
    lameDuckMs: values.LAME_DUCK_MS ?? (explores ? 0 : PRODUCTION_LAME_DUCK_MS),
    drainMs: values.DRAIN_MS,
    logLevel: values.LOG_LEVEL,
    graphiql: values.GRAPHIQL ?? explores,
    introspection: values.INTROSPECTION ?? explores,
    allowedOrigins: Object.freeze(values.ALLOWED_ORIGINS),
    trustProxy: Object.freeze(values.TRUST_PROXY),
    retentionDays: values.RETENTION_DAYS,
    metricsToken: values.METRICS_TOKEN,
    trustedDocuments: values.TRUSTED_DOCUMENTS,
    limits: toLimits(values),
    callback: Object.freeze({
      signingKeys: Object.freeze(values.CALLBACK_SIGNING_KEYS),
      header: values.CALLBACK_HEADER,
      headerSecrets: Object.freeze(values.CALLBACK_HEADER_SECRETS),
      pathSecrets: Object.freeze(values.CALLBACK_PATH_SECRETS),
    }),
    jwt: Object.freeze({
      jwksUrl: values.JWT_JWKS_URL,
      secrets: Object.freeze(values.JWT_SECRETS),
      issuer: values.JWT_ISSUER,
      audience: values.JWT_AUDIENCE,
      algorithms: Object.freeze(algorithmsOf(values)),
      userClaim: values.JWT_USER_CLAIM,
      paymentUserClaim: values.JWT_PAYMENT_USER_CLAIM,
    }),
  });
}

function algorithmsOf({ JWT_ALGORITHMS, JWT_SECRETS }: Values): readonly string[] {
  if (JWT_ALGORITHMS.length > 0) return JWT_ALGORITHMS;
  return JWT_SECRETS.length > 0 ? ['HS256'] : ['RS256', 'PS256', 'ES256', 'EdDSA'];
}
