/** The minor version this code is of. A store opened by a newer one may hold what this code cannot keep right. */
export const SCHEMA_VERSION = '0.2';

/** The `application_name` of connections, by which a version sees in `pg_stat_activity` which others are connected. */
export const APPLICATION_NAME = `callboard ${SCHEMA_VERSION}`;

/** The same of version 0.1. */
export const APPLICATION_NAME_OF_0_1 = 'callboard';
