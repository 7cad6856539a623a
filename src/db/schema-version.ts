/** The minor version this code is of. A store opened by a newer one may hold what this code cannot keep right. */
export const SCHEMA_VERSION = '0.2';

/** What connections are called in `pg_stat_activity`, so that a version can see which others are connected. */
export const APPLICATION_NAME = `callboard ${SCHEMA_VERSION}`;

/** What those of 0.1 are called. */
export const APPLICATION_NAME_OF_0_1 = 'callboard';
