import { CallboardError } from '../errors.ts';
import { MigrationError } from './migrate/migrate.ts';
import { FolderLockedError } from './pglite/folder-lock.ts';

/** Which store could not be opened, as a message may name it. */
export interface StorePlace {
  readonly databaseUrl: string | null;
  readonly dataDir: string;
}

interface Names {
  readonly user: string;
  readonly host: string;
  readonly database: string;
}

type Explain = (names: Names, message: string) => string;

const unreachable: Explain = ({ host }) =>
  `PostgreSQL cannot be reached at ${host}: start it, or correct the host and port in DATABASE_URL.`;
const untrusted: Explain = ({ host }, message) =>
  `The certificate of PostgreSQL at ${host} is not one that sslrootcert or the system vouches for (${message}): name the issuer's file as sslrootcert in DATABASE_URL.`;
const full: Explain = ({ host }) =>
  `PostgreSQL at ${host} has no connection left: raise its max_connections, or lower DATABASE_CONNECTIONS of its clients.`;
const refused: Explain = ({ user, host, database }) =>
  `PostgreSQL at ${host} does not let ${user} in to the database ${database}: correct user and password in DATABASE_URL, or allow the connection in pg_hba.conf.`;

/** What Node's, postgres.js' and PostgreSQL's codes mean at the start, and how to fix it. */
const MEANINGS: Readonly<Record<string, Explain>> = {
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: unreachable,
  CONNECT_TIMEOUT: unreachable,
  CONNECTION_CLOSED: unreachable,
  ENOTFOUND: ({ host }) => `The host of ${host} is unknown: correct DATABASE_URL.`,
  EAI_AGAIN: ({ host }) =>
    `The host of ${host} cannot be looked up: correct DATABASE_URL, or the name service.`,
  TLS_NOT_SUPPORTED: ({ host }) =>
    `PostgreSQL at ${host} does not speak TLS: set ssl=on there, or sslmode=disable in DATABASE_URL.`,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ host }) =>
    `The certificate of PostgreSQL at ${host} is for another host name: use a name that stands in it in DATABASE_URL, or have a certificate made for this one.`,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  CERT_HAS_EXPIRED: ({ host }) => `The certificate of PostgreSQL at ${host} has expired: renew it.`,
  '28000': refused,
  '28P01': ({ user, host }) =>
    `PostgreSQL at ${host} refuses the password of ${user}: correct it in DATABASE_URL.`,
  '3D000': ({ host, database, user }) =>
    `PostgreSQL at ${host} has no database ${database}: create it (createdb -O ${user} ${database}), or correct DATABASE_URL.`,
  '42501': ({ user, database }, message) =>
    `PostgreSQL does not allow ${user} what this needs in the database ${database} (${message}): run \`npm run migrate\` once as the owner of its tables, and grant ${user} SELECT, INSERT, UPDATE, DELETE on them and USAGE on their schema.`,
  '25006': ({ host }) =>
    `PostgreSQL at ${host} is read-only (a standby, or default_transaction_read_only): name the primary in DATABASE_URL.`,
  '53100': () => `The store's disk is full: make room, then start again.`,
  '53300': full,
  '57P03': ({ host }) =>
    `PostgreSQL at ${host} is starting up, stopping or recovering: try again in a moment.`,
  ENOSPC: () => `The disk of DATA_DIR is full: make room, then start again.`,
};

/** Codes for a folder that cannot be used. */
const OF_FOLDERS = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT', 'ELOOP'];

/**
 * Turns an error of opening the store into one for the person at the terminal: the cause and how to fix it, instead of
 * a failed statement. Holds no password. An error that is clear already is returned as it is.
 */
export function explainStoreError(error: unknown, place: StorePlace): Error {
  if (error instanceof CallboardError || error instanceof FolderLockedError) return error;
  const chain = chainOf(error);
  const { code, message } = sourceOf(chain);
  const names = namesOf(place);
  const meaning = MEANINGS[code]?.(names, message) ?? ofFolder(code, place) ?? `${message}${codeNote(code)}.`;
  const migration = chain.find((cause) => cause instanceof MigrationError);
  const text =
    migration instanceof MigrationError
      ? `The migration ${migration.file} could not be applied, and nothing of it stays: ${meaning}`
      : MEANINGS[code] === undefined && !OF_FOLDERS.includes(code)
        ? `The store cannot be opened: ${meaning}`
        : meaning;
  return new CallboardError('UNAVAILABLE', text, { cause: error });
}

const codeNote = (code: string): string => (code === '' ? '' : ` (${code})`);

function ofFolder(code: string, { databaseUrl, dataDir }: StorePlace): string | null {
  if (databaseUrl !== null || !OF_FOLDERS.includes(code)) return null;
  return `The folder ${dataDir} cannot be used (${code}): make it readable and writable for this user, or set another DATA_DIR.`;
}

/** The error and its causes, outermost first; of an AggregateError the first error is followed. */
function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let at: unknown = error; at instanceof Error && chain.length < 10; ) {
    chain.push(at);
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return chain;
}

/** The innermost error with a code; else the innermost. */
function sourceOf(chain: readonly Error[]): { readonly code: string; readonly message: string } {
  const found = chain.findLast((error) => 'code' in error && typeof error.code === 'string') ?? chain.at(-1);
  if (found === undefined) return { code: '', message: 'unknown cause' };
  return {
    code: 'code' in found && typeof found.code === 'string' ? found.code : '',
    message: found.message.replace(/\.$/, ''),
  };
}

function namesOf({ databaseUrl, dataDir }: StorePlace): Names {
  if (databaseUrl === null) return { user: 'this user', host: dataDir, database: dataDir };
  const { username, host, pathname } = new URL(databaseUrl);
  const user = decodeURIComponent(username) || 'this user';
  return { user, host, database: decodeURIComponent(pathname.slice(1)) || user };
}
