import { z } from 'zod';
import { STAGE_NAMES } from '../domain/words.ts';
import {
  type Config,
  ConfigError,
  type ConfigFault,
  type Environment,
  oneEach,
  readTexts,
  toFault,
} from './config.ts';
import { VARIABLES } from './variables.ts';

const { MODE, DATABASE_URL, DATA_DIR, DATABASE_POOLED, DATABASE_CONNECTIONS, MIGRATE } = VARIABLES;
const { EXPECTED_STAGES, RESTART_QUIET_MS } = VARIABLES;
const STORE_VARIABLES = {
  ...{ MODE, DATABASE_URL, DATA_DIR, DATABASE_POOLED, DATABASE_CONNECTIONS, MIGRATE },
  ...{ EXPECTED_STAGES, RESTART_QUIET_MS },
};

/** What a command needs of the configuration: where the store is, and what its state depends on. */
export type StoreConfig = Pick<
  Config,
  | 'databaseUrl'
  | 'dataDir'
  | 'databasePooled'
  | 'databaseConnections'
  | 'migrate'
  | 'expectedStages'
  | 'restartQuietMs'
>;

/**
 * Reads the store's settings alone: who may send or ask does not matter to a command. MODE counts for one thing: in
 * production a store must be named, so that nobody's data is looked for in an empty folder. Throws a ConfigError that
 * names every fault of these variables.
 */
export function readStoreConfig(env: Environment): StoreConfig {
  const faults: ConfigFault[] = [];
  const texts = readTexts(env, faults, Object.keys(STORE_VARIABLES));
  const parsed = z.object(STORE_VARIABLES).safeParse(texts);
  if (!parsed.success) faults.push(...parsed.error.issues.map((issue) => toFault(issue.path, texts)));
  if (texts.MODE === 'production' && texts.DATABASE_URL === undefined) {
    const problem = 'MODE=production needs PostgreSQL: postgres://user:password@host:port/database';
    faults.push({ variable: 'DATABASE_URL', problem });
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(oneEach(faults));
  const values = parsed.data;
  return Object.freeze({
    databaseUrl: values.DATABASE_URL ?? null,
    dataDir: values.DATA_DIR,
    databasePooled: values.DATABASE_POOLED === 'true',
    databaseConnections: values.DATABASE_CONNECTIONS,
    migrate: values.MIGRATE,
    expectedStages: Object.freeze(STAGE_NAMES.filter((name) => values.EXPECTED_STAGES.includes(name))),
    restartQuietMs: values.RESTART_QUIET_MS,
  });
}
