import { isIP } from 'node:net';
import { z } from 'zod';
import { DEFAULT_EXPECTED_STAGES } from '../domain/session/expected-stages.ts';
import { STAGE_NAMES, toWire, wireReader } from '../domain/words.ts';
import { ALLOWED_DOCUMENTS } from './documents.ts';
import { LIMIT_VARIABLES } from './limits.ts';

export const MODES = ['explore', 'production'] as const;
export type Mode = (typeof MODES)[number];

/** Whether the gateway applies migrations at its start, or waits until `npm run migrate` did. */
export const MIGRATE = ['auto', 'off'] as const;
export type Migrate = (typeof MIGRATE)[number];

/** pino's levels. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Signatures of tokens: a key set is public keys, so it never admits HS…; a shared secret admits nothing else. */
export const KEY_SET_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];
export const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'];

/** `[::1]` as addresses are written in URLs, without its brackets. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** Whether only this machine can reach `host` (a name or an address without brackets). */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));

const list = <T extends z.ZodType<unknown, string>>(item: T) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    )
    .pipe(z.array(item).min(1));

const word = (pattern: RegExp) => z.string().regex(pattern);
const visible = (min: number) => word(new RegExp(`^[!-~](?:[ -~]{${min - 2},510}[!-~])$`));
const onOff = z
  .enum(['on', 'off'])
  .transform((text) => text === 'on')
  .optional();

const readStage = wireReader(STAGE_NAMES);
const stage = z.string().transform((text, context) => {
  const name = readStage(text);
  if (name !== undefined) return name;
  context.addIssue({ code: 'custom', message: 'unknown stage' });
  return z.NEVER;
});

/** Decodes strictly: Node's own decoder skips what it does not know. */
const base64Bytes = (text: string): number =>
  Buffer.from(text, 'base64').toString('base64') === text ? Buffer.byteLength(text, 'base64') : -1;

/** https://github.com/standard-webhooks: a shared secret has 24 to 64 bytes, an Ed25519 key has 32. */
const signingKey = z.string().refine((text) => {
  if (text.startsWith('whpk_')) return base64Bytes(text.slice(5)) === 32;
  const bytes = text.startsWith('whsec_') ? base64Bytes(text.slice(6)) : -1;
  return bytes >= 24 && bytes <= 64;
});
const signingKeys = list(signingKey).refine((keys) =>
  ['whsec_', 'whpk_'].every((kind) => keys.filter((key) => key.startsWith(kind)).length <= 2),
);

const host = z
  .string()
  .transform(withoutBrackets)
  .refine((text) => isIP(text) !== 0 || /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})$/.test(text));

const origin = z
  .string()
  .refine((text) => URL.canParse(text) && new URL(text).origin === text && text !== 'null');

const proxy = z.string().refine((text) => {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  return (
    family !== 0 &&
    more.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  );
});

const databaseUrl = z
  .string()
  .refine(
    (text) =>
      URL.canParse(text) && /^postgres(?:ql)?:$/.test(new URL(text).protocol) && new URL(text).host !== '',
  );

/** A key set that anyone on the way could replace would let anyone in, so it is fetched in the clear from this machine only. */
const jwksUrl = z.string().refine((text) => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const safe = protocol === 'https:' || (protocol === 'http:' && isLoopback(withoutBrackets(hostname)));
  return safe && username === '' && password === '';
});

/** Each variable's way from text to value. Text is never empty: an empty variable counts as unset. */
export const VARIABLES = {
  MODE: z.enum(MODES).default('explore'),
  HOST: host.default('127.0.0.1'),
  PORT: integer(0, 65_535).default(4000),
  DATABASE_URL: databaseUrl.optional(),
  DATA_DIR: z.string().default('./data'),
  DATABASE_CONNECTIONS: integer(3, 1_000).default(10),
  DATABASE_POOLED: z.enum(['true', 'false']).default('false'),
  MIGRATE: z.enum(MIGRATE).default('auto'),
  CALLBACK_SIGNING_KEYS: signingKeys.default([]),
  CALLBACK_HEADER: word(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/).default('authorization'),
  CALLBACK_HEADER_SECRETS: list(visible(16))
    .refine((secrets) => secrets.length <= 2)
    .default([]),
  CALLBACK_PATH_SECRETS: list(word(/^[A-Za-z0-9_-]{16,128}$/))
    .refine((secrets) => secrets.length <= 2)
    .default([]),
  JWT_JWKS_URL: jwksUrl.optional(),
  JWT_SECRETS: list(visible(32))
    .refine((secrets) => secrets.length <= 2)
    .default([]),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  JWT_ALGORITHMS: list(z.enum([...KEY_SET_ALGORITHMS, ...SECRET_ALGORITHMS])).optional(),
  JWT_USER_CLAIM: z.string().default('sub'),
  JWT_PAYMENT_USER_CLAIM: z.string().optional(),
  ALLOWED_ORIGINS: list(origin).default([]),
  RESTART_QUIET_MS: integer(0, 86_400_000).default(30_000),
  EXPECTED_STAGES: list(stage).default([...DEFAULT_EXPECTED_STAGES]),
  GRAPHIQL: onOff,
  INTROSPECTION: onOff,
  TRUSTED_DOCUMENTS: z.string().optional(),
  METRICS_TOKEN: visible(16).optional(),
  RETENTION_DAYS: integer(1, 36_500).optional(),
  STALLED_AFTER_MS: integer(100, 604_800_000).default(600_000),
  DRAIN_MS: integer(0, 60_000).default(5_000),
  TRUST_PROXY: list(proxy).default([]),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
} as const;
export type Variable = keyof typeof VARIABLES;

/** What each variable may be, as a fault says it after "must be". */
export const ALLOWED: Readonly<Record<Variable, string>> = {
  MODE: MODES.join(' or '),
  HOST: 'an address or a host name to listen on',
  PORT: 'a whole number from 0 to 65535',
  DATABASE_URL: 'postgres://user:password@host:port/database',
  DATA_DIR: "a folder, or 'memory'",
  DATABASE_CONNECTIONS: 'a whole number of connections from 3 to 1000',
  DATABASE_POOLED: 'true or false',
  MIGRATE: MIGRATE.join(' or '),
  CALLBACK_SIGNING_KEYS:
    'a comma-separated list of at most two whsec_ keys (base64 of 24 to 64 bytes) and two whpk_ keys (base64 of 32 bytes)',
  CALLBACK_HEADER: "a header's name",
  CALLBACK_HEADER_SECRETS: 'at most two comma-separated secrets of 16 to 512 visible ASCII characters',
  CALLBACK_PATH_SECRETS: 'at most two comma-separated secrets of 16 to 128 letters, digits, - and _',
  JWT_JWKS_URL: 'an https:// address without credentials (http:// on this machine only)',
  JWT_SECRETS: 'at most two comma-separated secrets of 32 to 512 visible ASCII characters',
  JWT_ISSUER: 'the iss claim of your tokens',
  JWT_AUDIENCE: 'the aud claim of your tokens',
  JWT_ALGORITHMS: `a comma-separated list of ${[...KEY_SET_ALGORITHMS, ...SECRET_ALGORITHMS].join(', ')}`,
  JWT_USER_CLAIM: "a claim's name",
  JWT_PAYMENT_USER_CLAIM: "a claim's name",
  ALLOWED_ORIGINS: 'a comma-separated list of origins such as https://app.example.com (no path, no *)',
  RESTART_QUIET_MS: 'a whole number of milliseconds from 0 to 86400000',
  EXPECTED_STAGES: `a comma-separated list of ${STAGE_NAMES.map(toWire).join(', ')}`,
  GRAPHIQL: 'on or off',
  INTROSPECTION: 'on or off',
  TRUSTED_DOCUMENTS: ALLOWED_DOCUMENTS,
  METRICS_TOKEN: '16 to 512 visible ASCII characters',
  RETENTION_DAYS: 'a whole number of days from 1 to 36500',
  STALLED_AFTER_MS: 'a whole number of milliseconds from 100 to 604800000',
  DRAIN_MS: 'a whole number of milliseconds from 0 to 60000',
  TRUST_PROXY:
    'a comma-separated list of addresses, networks (10.0.0.0/8), loopback, linklocal or uniquelocal',
  LOG_LEVEL: LOG_LEVELS.join(', '),
};

/** Never shown anywhere; each may also come from the file that `NAME_FILE` names. */
export const SECRETS: ReadonlySet<string> = new Set<Variable>([
  'DATABASE_URL',
  'CALLBACK_SIGNING_KEYS',
  'CALLBACK_HEADER_SECRETS',
  'CALLBACK_PATH_SECRETS',
  'JWT_SECRETS',
  'METRICS_TOKEN',
]);

/** Every name that is read: the variables and, for each secret, `NAME_FILE`. `.env.example` lists the same. */
export const CONFIG_VARIABLES: readonly string[] = [...Object.keys(VARIABLES), ...LIMIT_VARIABLES].flatMap(
  (name) => (SECRETS.has(name) ? [name, `${name}_FILE`] : [name]),
);
