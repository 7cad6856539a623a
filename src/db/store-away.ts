import { unavailable } from '../errors.ts';
import type { Emit } from '../observe.ts';
import { sqlStateOf } from './sql-state.ts';

/**
 * Codes of Node, postgres.js and PostgreSQL for a store that cannot be reached, was stopped, is not in a usable state or
 * did not answer in time. The request is not at fault and may be tried again. All of SQLSTATE classes 08 and 57 count.
 */
const AWAY_CODES: ReadonlySet<string> = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  // Read-only, no privilege, no such column, no such table, lock not available, too many clients.
  '25006',
  '42501',
  '42703',
  '42P01',
  '55P03',
  '53300',
]);
const AWAY_CLASSES = /^(08|57)[0-9A-Z]{3}$/;
/** How many causes are followed: drivers and Drizzle wrap errors a few times. */
const MAX_DEPTH = 8;

/** Whether this failed because of the store, and not because of the request. */
function isStoreAway(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < MAX_DEPTH; at = at.cause, depth += 1) {
    const code = 'code' in at ? at.code : undefined;
    if (typeof code === 'string' && (AWAY_CODES.has(code) || AWAY_CLASSES.test(code))) return true;
  }
  return false;
}

type Read = (...args: never[]) => Promise<unknown>;

/** An object of reads, some of them in objects of their own. */
type ReadsOf<Of> = { readonly [Name in keyof Of]: Of[Name] extends Read ? Read : ReadsOf<Of[Name]> };

/**
 * Wraps reads: one that fails because the store is away rejects with UNAVAILABLE and emits an event, so that no caller
 * handles the codes of drivers. Any other error passes unchanged.
 */
export function unavailableWhereAway<Of extends ReadsOf<Of>>(reads: Of, emit: Emit): Of {
  const fail = (err: unknown): never => {
    if (!isStoreAway(err)) throw err;
    emit.storeFailed?.({ during: 'read', sqlState: sqlStateOf(err) });
    throw unavailable('The store cannot be reached now. Try again.', err);
  };
  const guard = (of: object): object =>
    Object.fromEntries(
      Object.entries(of).map(([name, read]: [string, Read | object]) => [
        name,
        typeof read === 'function' ? (...args: never[]) => read(...args).catch(fail) : guard(read),
      ]),
    );
  // cast: the same functions under the same names
  return guard(reads) as Of;
}
