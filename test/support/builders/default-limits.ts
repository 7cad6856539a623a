import { readConfig } from '../../../src/config/config.ts';

/** The limits where nothing is set. */
export const DEFAULT_LIMITS = readConfig({}).limits;
