import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { STAGE_NAMES, type StageName } from '../domain/words.ts';
import { readDocuments } from './documents.ts';
import { LIMIT_VARIABLES, type Limits, readLimits } from './limits.ts';
import {
  ALLOWED,
  isLoopback,
  KEY_SET_ALGORITHMS,
  type LogLevel,
  type Migrate,
  type Mode,
  SECRET_ALGORITHMS,
  SECRETS,
  VARIABLES,
  withoutBrackets,
} from './variables.ts';

/** All that this gateway lets anyone set (DESIGN §10), checked and frozen. Times are in milliseconds. */
export interface Config {
  readonly mode: Mode;
  /** In explore mode always a loopback address. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** PostgreSQL; null means PGlite in `dataDir`. */
  readonly databaseUrl: string | null;
  /** PGlite's folder, or `memory`, which keeps nothing. */
  readonly dataDir: string;
  /** Connections of this process to PostgreSQL, at most. */
  readonly databaseConnections: number;
  /** Behind a transaction pooler: no LISTEN and no named statements. */
  readonly databasePooled: boolean;
  readonly migrate: Migrate;
  /** Never empty, in the order of the road. */
  readonly expectedStages: readonly StageName[];
  readonly restartQuietMs: number;
  readonly stalledAfterMs: number;
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
  /** The only documents that are answered, but for operators; null: all are. */
  readonly trustedDocuments: ReadonlySet<string> | null;
  /** How much anyone may ask for at once. */
  readonly limits: Limits;
  /** How callbacks are authenticated; all three lists empty means not at all (explore mode only). */
  readonly callback: {
    /** `whsec_…` and `whpk_…`, at most two of each. */
    readonly signingKeys: readonly string[];
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

/** One variable that cannot be used. `problem` says what is allowed and never holds a secret's value. */
export interface ConfigFault {
  readonly variable: string;
  readonly problem: string;
}

/** Everything that is wrong with the environment, at once; the message lists it all, one variable a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const lines = faults.map(({ variable, problem }) => `  ${variable}: ${problem}`);
    super(`this configuration cannot be used:\n${lines.join('\n')}`);
    this.faults = faults;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;
export type Texts = Readonly<Partial<Record<string, string>>>;

/**
 * Reads the whole configuration, files of secrets too. An empty variable counts as unset. Throws one ConfigError
 * that names every fault; what it returns is frozen, lists and groups too.
 */
export function readConfig(env: Environment): Config {
  const faults: ConfigFault[] = [];
  const texts = readTexts(env, faults);
  const parsed = z.object(VARIABLES).safeParse(texts);
  if (!parsed.success) faults.push(...parsed.error.issues.map((issue) => toFault(issue.path, texts)));
  const limits = readLimits(texts, (variable, problem) => faults.push({ variable, problem }));
  const documents = readDocuments(texts.TRUSTED_DOCUMENTS, (problem) =>
    faults.push({ variable: 'TRUSTED_DOCUMENTS', problem }),
  );
  faults.push(...modeFaults(texts), ...tokenFaults(texts));
  if (!parsed.success || faults.length > 0) throw new ConfigError(oneEach(faults));
  return toConfig(parsed.data, limits, documents);
}

/** The first fault of each variable; none of a secret whose file is at fault already. */
export function oneEach(faults: readonly ConfigFault[]): ConfigFault[] {
  const first = new Map<string, ConfigFault>();
  for (const fault of faults) {
    if (!first.has(fault.variable) && !first.has(`${fault.variable}_FILE`)) first.set(fault.variable, fault);
  }
  return [...first.values()];
}

function toConfig(
  values: z.infer<z.ZodObject<typeof VARIABLES>>,
  limits: Limits,
  trustedDocuments: Config['trustedDocuments'],
): Config {
  const open = values.MODE === 'explore';
  return Object.freeze({
    mode: values.MODE,
    host: values.HOST,
    port: values.PORT,
    databaseUrl: values.DATABASE_URL ?? null,
    dataDir: values.DATA_DIR,
    databaseConnections: values.DATABASE_CONNECTIONS,
    databasePooled: values.DATABASE_POOLED === 'true',
    migrate: values.MIGRATE,
    expectedStages: Object.freeze(STAGE_NAMES.filter((name) => values.EXPECTED_STAGES.includes(name))),
    restartQuietMs: values.RESTART_QUIET_MS,
    stalledAfterMs: values.STALLED_AFTER_MS,
    drainMs: values.DRAIN_MS,
    logLevel: values.LOG_LEVEL,
    graphiql: values.GRAPHIQL ?? open,
    introspection: values.INTROSPECTION ?? open,
    allowedOrigins: Object.freeze(values.ALLOWED_ORIGINS),
    trustProxy: Object.freeze(values.TRUST_PROXY),
    retentionDays: values.RETENTION_DAYS ?? null,
    metricsToken: values.METRICS_TOKEN ?? null,
    trustedDocuments,
    limits,
    callback: Object.freeze({
      signingKeys: Object.freeze(values.CALLBACK_SIGNING_KEYS),
      header: values.CALLBACK_HEADER.toLowerCase(),
      headerSecrets: Object.freeze(values.CALLBACK_HEADER_SECRETS),
      pathSecrets: Object.freeze(values.CALLBACK_PATH_SECRETS),
    }),
    jwt: Object.freeze({
      jwksUrl: values.JWT_JWKS_URL ?? null,
      secrets: Object.freeze(values.JWT_SECRETS),
      issuer: values.JWT_ISSUER ?? null,
      audience: values.JWT_AUDIENCE ?? null,
      algorithms: Object.freeze(
        values.JWT_ALGORITHMS ??
          (values.JWT_SECRETS.length > 0 ? ['HS256'] : ['RS256', 'PS256', 'ES256', 'EdDSA']),
      ),
      userClaim: values.JWT_USER_CLAIM,
      paymentUserClaim: values.JWT_PAYMENT_USER_CLAIM ?? null,
    }),
  });
}

/** What the log may say of a configuration: no secret, and of the database neither password nor options. */
export function describeConfig(config: Config): Readonly<Record<string, unknown>> {
  const { callback, jwt } = config;
  const hidden = (secrets: readonly string[]) => (secrets.length === 0 ? 'none' : `${secrets.length} set`);
  return {
    ...config,
    databaseUrl: config.databaseUrl === null ? null : withoutPassword(config.databaseUrl),
    metricsToken: config.metricsToken === null ? 'none' : 'set',
    trustedDocuments: config.trustedDocuments === null ? 'all' : config.trustedDocuments.size,
    callback: {
      header: callback.header,
      signingKeys: hidden(callback.signingKeys),
      headerSecrets: hidden(callback.headerSecrets),
      pathSecrets: hidden(callback.pathSecrets),
    },
    jwt: { ...jwt, secrets: hidden(jwt.secrets) },
  };
}

function withoutPassword(address: string): string {
  const { protocol, username, host, pathname } = new URL(address);
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`;
}

/** The texts of these variables, and of each secret's file; without those that are unset. */
export function readTexts(
  env: Environment,
  faults: ConfigFault[],
  names: readonly string[] = [...Object.keys(VARIABLES), ...LIMIT_VARIABLES],
): Texts {
  const texts: Record<string, string> = {};
  for (const name of names) {
    const text = env[name]?.trim() ?? '';
    const path = SECRETS.has(name) ? (env[`${name}_FILE`]?.trim() ?? '') : '';
    if (text !== '') texts[name] = text;
    if (path === '') continue;
    if (text === '') texts[name] = readSecret(name, path, faults);
    else faults.push({ variable: `${name}_FILE`, problem: `is set beside ${name}; set one of them` });
  }
  return texts;
}

/** What a secret's file holds; empty, which counts as set, where it cannot be read: one fault is enough. */
function readSecret(name: string, path: string, faults: ConfigFault[]): string {
  const variable = `${name}_FILE`;
  try {
    const text = readFileSync(path, 'utf8').trim();
    if (text === '') faults.push({ variable, problem: `the file ${path} is empty` });
    return text;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    faults.push({ variable, problem: `the file ${path} cannot be read (${code})` });
    return '';
  }
}

/** What is wrong with a variable, and what it must be. */
export function toFault([name, entry]: readonly PropertyKey[], texts: Texts): ConfigFault {
  const variable = String(name);
  const allowed = Object.entries(ALLOWED).find(([key]) => key === variable)?.[1] ?? 'left out';
  const place = typeof entry === 'number' ? `entry ${entry + 1} cannot be used; ` : '';
  const shown = SECRETS.has(variable) ? place : `is ${JSON.stringify(texts[variable])}; `;
  return { variable, problem: `${shown}it must be ${allowed}` };
}

/** What a mode asks of several variables together (DESIGN §8). */
function modeFaults(texts: Texts): ConfigFault[] {
  const needs = (names: readonly string[], variable: string, why: string): ConfigFault[] =>
    names.some((name) => texts[name] !== undefined)
      ? []
      : [{ variable, problem: `MODE=production needs ${why}` }];
  const mode = texts.MODE ?? 'explore';
  const listens = withoutBrackets(texts.HOST ?? '127.0.0.1');
  if (mode === 'explore' && !isLoopback(listens)) {
    const problem = `is "${listens}"; MODE=explore is open to everyone who reaches it, so it must be localhost, 127.0.0.1 or ::1 (or set MODE=production)`;
    return [{ variable: 'HOST', problem }];
  }
  if (mode !== 'production') return [];
  const callbackWays = ['CALLBACK_SIGNING_KEYS', 'CALLBACK_HEADER_SECRETS', 'CALLBACK_PATH_SECRETS'];
  return [
    ...needs(['DATABASE_URL'], 'DATABASE_URL', 'PostgreSQL: postgres://user:password@host:port/database'),
    ...needs(
      callbackWays,
      callbackWays.join(' or '),
      'one of them, so that only the aggregator can send callbacks',
    ),
    ...needs(
      ['JWT_JWKS_URL', 'JWT_SECRETS'],
      'JWT_JWKS_URL or JWT_SECRETS',
      'one of them, to verify tokens of viewers',
    ),
    ...needs(['JWT_ISSUER'], 'JWT_ISSUER', ALLOWED.JWT_ISSUER),
    ...needs(['JWT_AUDIENCE'], 'JWT_AUDIENCE', ALLOWED.JWT_AUDIENCE),
  ];
}

/** A public key taken for a shared secret is how tokens are forged: the two ways never mix, nor do their algorithms. */
function tokenFaults(texts: Texts): ConfigFault[] {
  if (texts.JWT_JWKS_URL !== undefined && texts.JWT_SECRETS !== undefined) {
    return [{ variable: 'JWT_SECRETS', problem: 'is set beside JWT_JWKS_URL; set one of them' }];
  }
  if (texts.JWT_JWKS_URL === undefined && texts.JWT_SECRETS === undefined) return [];
  const fitting = texts.JWT_SECRETS === undefined ? KEY_SET_ALGORITHMS : SECRET_ALGORITHMS;
  const named = (texts.JWT_ALGORITHMS ?? '').split(',').map((name) => name.trim());
  if (named.every((name) => name === '' || fitting.includes(name))) return [];
  const way = texts.JWT_SECRETS === undefined ? 'JWT_JWKS_URL' : 'JWT_SECRETS';
  return [
    {
      variable: 'JWT_ALGORITHMS',
      problem: `with ${way} it must be a comma-separated list of ${fitting.join(', ')}`,
    },
  ];
}
