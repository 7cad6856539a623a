import { parseApplied } from '../../callbacks/parse/parse.ts';
import { type Config, readConfig } from '../../config/config.ts';
import { describeConfig } from '../../config/describe-config.ts';
import { withEnvFile } from '../../config/env-file.ts';
import type { Environment } from '../../config/environment.ts';
import { ConfigError } from '../../config/faults.ts';
import { CONFIG_VARIABLES } from '../../config/variables.ts';
import { NotMigratedError } from '../../db/migrate/migrate.ts';
import { openStore } from '../../db/open.ts';
import { FolderLockedError } from '../../db/pglite/folder-lock.ts';
import { failureReason } from '../../http/failure-reason.ts';
import { createLogger } from '../../logger.ts';
import { fetchKeySet } from '../../viewers/fetch-key-set.ts';
import { nearest } from '../nearest.ts';

/** What was found of one thing. A fault says what to do; no text has a secret. */
export interface Finding {
  readonly what: string;
  readonly is: 'good' | 'note' | 'fault';
  readonly text: string;
}

const KEY_SET_WITHIN_MS = 5_000;

/**
 * Examines the configuration, then what it names, each thing when the one before is done. `env` is the process's: what
 * `.env` adds to it counts as for the gateway.
 */
export async function* examine(env: Environment): AsyncGenerator<Finding> {
  const whole = readOr(() => withEnvFile(env));
  const config = whole instanceof ConfigError ? whole : readOr(() => readConfig(whole));
  if (config instanceof ConfigError) {
    for (const { variable, problem } of config.faults) yield { what: variable, is: 'fault', text: problem };
    return;
  }
  yield { what: 'configuration', is: 'good', text: 'can be used' };
  if (!(whole instanceof ConfigError)) yield* misspelt(Object.keys(whole));
  for (const [what, value] of Object.entries(describeConfig(config))) {
    yield { what: `  ${what}`, is: 'good', text: JSON.stringify(value) };
  }
  yield await examineStore(config);
  yield await examineViewers(config);
  yield examineCallbacks(config);
}

/** Short names are near too many others. */
const MIN_CHARACTERS = 6;
const MAX_CHANGES = 2;

/** Variables that are almost one of Callboard's: set in vain, and nothing else would say so. */
function* misspelt(names: readonly string[]): Iterable<Finding> {
  const known = CONFIG_VARIABLES.filter((name) => name.length >= MIN_CHARACTERS);
  for (const what of names) {
    if (CONFIG_VARIABLES.includes(what)) continue;
    const meant = nearest(what, known, MAX_CHANGES);
    if (meant !== undefined)
      yield { what, is: 'note', text: `is not read; the nearest variable is ${meant}` };
  }
}

function readOr<T>(read: () => T): T | ConfigError {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

async function examineStore(config: Config): Promise<Finding> {
  const { databaseUrl, dataDir, databasePooled: pooled, migrate } = config;
  const kind = databaseUrl === null ? `PGlite in ${dataDir}` : 'PostgreSQL';
  if (databaseUrl === null && dataDir === 'memory') {
    return { what: 'store', is: 'note', text: 'DATA_DIR=memory: nothing is kept when the gateway ends' };
  }
  try {
    const store = await openStore({
      ...{ databaseUrl, dataDir, pooled, connections: 1, migrate: 'off', parse: parseApplied },
      log: createLogger({ level: 'silent' }),
    });
    await store.close();
    return { what: 'store', is: 'good', text: `${kind} opens, and is migrated` };
  } catch (error) {
    if (error instanceof FolderLockedError) {
      return { what: 'store', is: 'note', text: `${kind} is open in another process, such as a gateway` };
    }
    if (error instanceof NotMigratedError && migrate === 'auto') {
      return {
        what: 'store',
        is: 'note',
        text: `${kind} is not migrated; the gateway does it when it starts`,
      };
    }
    return { what: 'store', is: 'fault', text: messageOf(error) };
  }
}

async function examineViewers({ jwt, mode }: Config): Promise<Finding> {
  const what = 'viewers';
  if (jwt.jwksUrl === null) {
    return jwt.secrets.length > 0
      ? { what, is: 'good', text: 'tokens are verified with JWT_SECRETS' }
      : { what, is: 'note', text: `MODE=${mode}: no token is asked for, everyone is an operator` };
  }
  try {
    await fetchKeySet(jwt.jwksUrl, KEY_SET_WITHIN_MS);
    return { what, is: 'good', text: 'the key set of JWT_JWKS_URL can be fetched' };
  } catch (error) {
    const text = `the key set of JWT_JWKS_URL cannot be fetched (${messageOf(error)}): it is an address that answers a JSON Web Key Set to this machine`;
    return { what, is: 'fault', text };
  }
}

function examineCallbacks({ callback }: Config): Finding {
  const what = 'callbacks';
  const { signingKeys, headerSecrets, pathSecrets } = callback;
  const ways = [
    ...(signingKeys.length > 0 ? ['their signature'] : []),
    ...(headerSecrets.length > 0 ? [`the header ${callback.header}`] : []),
    ...(pathSecrets.length > 0 ? ['a secret in the path'] : []),
  ];
  return ways.length > 0
    ? { what, is: 'good', text: `are authenticated by ${ways.join(' or ')}` }
    : { what, is: 'note', text: 'are taken from everyone who reaches this machine' };
}

/** With the cause where the error is fetch's own, which says nothing. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${KEY_SET_WITHIN_MS / 1_000} s`;
  if (error.name === 'ZodError') return 'the answer is no key set';
  if (error instanceof SyntaxError) return 'the answer is no JSON';
  return error instanceof TypeError ? failureReason(error) : error.message;
}
