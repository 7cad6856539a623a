import { STAGE_NAMES, type StageName } from '../domain/words.ts';
import { databaseFaults } from './across-variables.ts';
import type { Environment } from './environment.ts';
import { readVariables, type Values } from './values.ts';
import type { Migrate } from './variables.ts';

/** The store's address, and the settings that its states depend on. */
export interface StoreConfig {
  /** PostgreSQL; null means PGlite in `dataDir`. */
  readonly databaseUrl: string | null;
  /** PGlite's folder, or `memory`, which keeps nothing. */
  readonly dataDir: string;
  /** Connections of this process to PostgreSQL, at most. */
  readonly databaseConnections: number;
  /** Behind a transaction pooler: no LISTEN and no named statements. */
  readonly databasePooled: boolean;
  readonly migrate: Migrate;
  /** Never empty, in the order of the stages. */
  readonly expectedStages: readonly StageName[];
  readonly restartQuietMs: number;
}

/** MODE matters in one way: production requires a configured store. */
const NAMES = [
  'MODE',
  'DATABASE_URL',
  'DATA_DIR',
  'DATABASE_POOLED',
  'DATABASE_CONNECTIONS',
  'MIGRATE',
  'EXPECTED_STAGES',
  'RESTART_QUIET_MS',
] as const;

/**
 * Reads only the store's settings, for commands, which need no credentials of clients. Throws a ConfigError that names
 * every fault of these variables.
 */
export function readStoreConfig(env: Environment): StoreConfig {
  return Object.freeze(toStoreConfig(readVariables(env, NAMES, databaseFaults)));
}

export function toStoreConfig(values: Pick<Values, (typeof NAMES)[number]>): StoreConfig {
  return {
    databaseUrl: values.DATABASE_URL,
    dataDir: values.DATA_DIR,
    databasePooled: values.DATABASE_POOLED,
    databaseConnections: values.DATABASE_CONNECTIONS,
    migrate: values.MIGRATE,
    expectedStages: Object.freeze(STAGE_NAMES.filter((name) => values.EXPECTED_STAGES.includes(name))),
    restartQuietMs: values.RESTART_QUIET_MS,
  };
}
