import { DEFAULT_EXPECTED_STAGES } from '../domain/session/expected-stages.ts';
import { DEFAULT_STALLED_AFTER_MS } from '../domain/session/silence.ts';
import { STAGE_NAMES, toWire, wireReader } from '../domain/words.ts';
import {
  databaseUrl,
  documentsFile,
  headerName,
  host,
  integer,
  keySetUrl,
  list,
  oneOf,
  onOrOff,
  origins,
  pathSecrets,
  proxies,
  signingKeys,
  text,
  trueOrFalse,
  visibleSecret,
  visibleSecrets,
} from './formats.ts';
import { LIMIT_VARIABLES } from './limits.ts';
import { optional, optionalList, secret, withDefault } from './variable.ts';

const MODES = ['explore', 'production'] as const;
export type Mode = (typeof MODES)[number];

/** Whether the gateway applies migrations at its start, or waits until `npm run migrate` has. */
const MIGRATE = ['auto', 'off'] as const;
export type Migrate = (typeof MIGRATE)[number];

/** pino's levels. */
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const rsaAndEcc = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** Algorithms of tokens: a key set holds public keys, so HS… is never allowed with it; a secret allows only HS…. */
export const KEY_SET_ALGORITHMS: readonly string[] = rsaAndEcc;
export const SECRET_ALGORITHMS: readonly string[] = ['HS256', 'HS384', 'HS512'];
const ALGORITHMS = [...KEY_SET_ALGORITHMS, ...SECRET_ALGORITHMS];

const readAlgorithm = (name: string) => (ALGORITHMS.includes(name) ? name : undefined);
const stages = list(wireReader(STAGE_NAMES), STAGE_NAMES.map(toWire));
const claim = text("a claim's name");

/**
 * Every variable that is read, in the order of `.env.example`. A new one takes an entry here and a member of Config;
 * `.env.example` and docs/configuration.md are compared with this table by tests.
 */
export const VARIABLES = {
  MODE: withDefault(
    'explore',
    oneOf(MODES),
    'explore: this machine only, no credentials, everyone is an operator. production: nobody unauthenticated.',
  ),
  HOST: withDefault('127.0.0.1', host, 'Where it listens; in explore mode a loopback address.'),
  PORT: withDefault('4000', integer(0, 65_535), 'Where it listens; 0 takes a free port and prints it.'),
  DATABASE_URL: secret(
    optional(databaseUrl, 'PostgreSQL. Without it PGlite, in DATA_DIR. Production requires it.'),
  ),
  DATA_DIR: withDefault('./data', text("a folder, or 'memory'"), "PGlite's folder; memory keeps nothing."),
  DATABASE_CONNECTIONS: withDefault(
    '10',
    integer(3, 1_000, 'connections'),
    'Connections of one instance to PostgreSQL, at most: one writes, one listens, the others read.',
  ),
  DATABASE_POOLED: withDefault(
    'false',
    trueOrFalse,
    'true behind a transaction pooler such as PgBouncer: no LISTEN, no named statements.',
  ),
  MIGRATE: withDefault(
    'auto',
    oneOf(MIGRATE),
    'auto applies migrations at the start. off: `npm run migrate` does; the gateway waits until then.',
  ),
  EXPECTED_STAGES: withDefault(
    DEFAULT_EXPECTED_STAGES.map(toWire).join(','),
    stages,
    'Stages that this deployment awaits: a session has succeeded when the last of them is Finished.',
  ),
  RESTART_QUIET_MS: withDefault(
    '30000',
    integer(0, 86_400_000, 'milliseconds'),
    'How long after a stage has ended a repeated Initiated is taken for a restart instead of a late duplicate.',
  ),
  STALLED_AFTER_MS: withDefault(
    String(DEFAULT_STALLED_AFTER_MS),
    integer(100, 604_800_000, 'milliseconds'),
    'After how long without anything new a session under way counts as stalled.',
  ),
  RETENTION_DAYS: optional(
    integer(1, 36_500, 'days'),
    'Finished sessions and payments older than this are deleted whole. Unset keeps everything.',
  ),
  CALLBACK_SIGNING_KEYS: secret(
    optionalList(signingKeys, 'Keys of Standard Webhooks signatures, as one way to authenticate callbacks.'),
  ),
  CALLBACK_HEADER: withDefault('authorization', headerName, 'The header that holds a shared secret.'),
  CALLBACK_HEADER_SECRETS: secret(
    optionalList(visibleSecrets(16), "Shared secrets, each the header's whole value."),
  ),
  CALLBACK_PATH_SECRETS: secret(optionalList(pathSecrets, 'Secrets in the path: /callbacks/{secret}.')),
  JWT_JWKS_URL: optional(keySetUrl, "The key set of the tokens' issuer. This or JWT_SECRETS, never both."),
  JWT_SECRETS: secret(optionalList(visibleSecrets(32), 'Shared secrets that tokens are signed with.')),
  JWT_ISSUER: optional(text('the iss claim of your tokens'), 'Production requires it.'),
  JWT_AUDIENCE: optional(text('the aud claim of your tokens'), 'Production requires it.'),
  JWT_ALGORITHMS: optionalList(
    list(readAlgorithm, ALGORITHMS),
    'The only algorithms of tokens. Unset: RS256,PS256,ES256,EdDSA with a key set, HS256 with secrets.',
  ),
  JWT_USER_CLAIM: withDefault('sub', claim, "The claim that is compared with a session's userId."),
  JWT_PAYMENT_USER_CLAIM: optional(
    claim,
    "The claim that is compared with a payment's user.externalId. Unset: only operators see payments.",
  ),
  ALLOWED_ORIGINS: optionalList(origins, 'Origins whose pages may ask (CORS and the WebSocket handshake).'),
  GRAPHIQL: optional(onOrOff, 'Unset: on in explore mode, off in production.'),
  INTROSPECTION: optional(
    onOrOff,
    'Unset: on in explore mode, off in production, where operators may introspect always.',
  ),
  TRUSTED_DOCUMENTS: optional(
    documentsFile,
    'The only documents that are answered, except to operators. Unset: all that keep within the limits.',
  ),
  METRICS_TOKEN: secret(
    optional(visibleSecret, 'What GET /metrics asks for in production, as Authorization: Bearer.'),
  ),
  ...LIMIT_VARIABLES,
  TRUST_PROXY: optionalList(proxies, 'Addresses or networks whose X-Forwarded-For counts.'),
  LAME_DUCK_MS: optional(
    integer(0, 60_000, 'milliseconds'),
    'Time on SIGTERM in which /readyz is 503 and everything else is served as usual. Unset: 0 in explore mode, 5000 in production.',
  ),
  DRAIN_MS: withDefault('5000', integer(0, 60_000, 'milliseconds'), 'Time to close sockets on SIGTERM.'),
  LOG_LEVEL: withDefault('info', oneOf(LOG_LEVELS), 'The lowest level that is logged.'),
} as const;

export type VariableName = keyof typeof VARIABLES;

// cast: Object.keys loses the type of the keys
export const VARIABLE_NAMES = Object.keys(VARIABLES) as readonly VariableName[];

/** Every name that is read: the variables and, for each secret, `NAME_FILE`. `.env.example` lists the same. */
export const CONFIG_VARIABLES: readonly string[] = VARIABLE_NAMES.flatMap((name) =>
  VARIABLES[name].secret ? [name, `${name}_FILE`] : [name],
);
