import { readFileSync } from 'node:fs';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { CallboardError } from '../../errors.ts';

/** `sslmode` as libpq knows it. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** How connections to PostgreSQL are encrypted. */
export interface StoreTls {
  /** Whether the connection continues unencrypted where the server has no TLS. */
  readonly isOptional: boolean;
  /** The options of `tls.connect` for a server of this name. */
  optionsFor(host: string): ConnectionOptions;
}

/** A DATABASE_URL for postgres.js, and its TLS settings. */
export interface StoreAddress {
  /** Without the TLS parameters: postgres.js would send them to the server as settings. */
  readonly url: string;
  /** Null: not encrypted. */
  readonly tls: StoreTls | null;
}

const OWN_PARAMETERS = ['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'];

/**
 * Reads `sslmode`, `sslrootcert` (a file of PEM certificates, or `system`), `sslcert` and `sslkey` of a DATABASE_URL
 * as libpq does: `require` checks no certificate unless a root is named, `verify-ca` checks the certificate's issuer,
 * `verify-full` the host's name too; without a root the ones that Node trusts count. Throws a CallboardError that
 * names the parameter.
 */
export function readStoreAddress(databaseUrl: string): StoreAddress {
  const url = new URL(databaseUrl);
  const parameter = (name: string) => url.searchParams.get(name) || null;
  const root = parameter('sslrootcert');
  const mode = modeOf(parameter('sslmode') ?? parameter('ssl'), root);
  const ca = root === null || root === 'system' ? undefined : readPem('sslrootcert', root);
  const [cert, key] = [parameter('sslcert'), parameter('sslkey')];
  const client = {
    ...(cert === null ? {} : { cert: readPem('sslcert', cert) }),
    ...(key === null ? {} : { key: readPem('sslkey', key) }),
  };
  for (const name of OWN_PARAMETERS) url.searchParams.delete(name);
  if (mode === 'disable') return { url: url.href, tls: null };
  const checksIssuer = mode.startsWith('verify') || (mode === 'require' && ca !== undefined);
  return {
    url: url.href,
    tls: {
      isOptional: mode === 'allow' || mode === 'prefer',
      optionsFor: (host) => ({
        ...client,
        ...(ca === undefined ? {} : { ca }),
        rejectUnauthorized: checksIssuer,
        checkServerIdentity: (_, certificate) =>
          mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
      }),
    },
  };
}

function modeOf(text: string | null, root: string | null): SslMode {
  // With the system's roots libpq requires verify-full; `ssl` is postgres.js' own name for sslmode.
  if (text === null) return root === 'system' ? 'verify-full' : 'disable';
  if (text === 'true') return 'verify-full';
  if (text === 'false') return 'disable';
  const mode = SSL_MODES.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw new CallboardError(
    'UNAVAILABLE',
    `DATABASE_URL has sslmode=${text}; it must be one of ${SSL_MODES.join(', ')}.`,
  );
}

function readPem(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    const message = `DATABASE_URL has ${parameter}=${path}, and that file cannot be read (${code}): correct the path.`;
    throw new CallboardError('UNAVAILABLE', message, { cause });
  }
}
