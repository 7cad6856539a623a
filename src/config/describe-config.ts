import type { Config } from './config.ts';

/** The configuration as it may be logged: without secrets, and without the password and options of DATABASE_URL. */
export function describeConfig(config: Config): Readonly<Record<string, unknown>> {
  const { callback, jwt } = config;
  return {
    ...config,
    databaseUrl: config.databaseUrl === null ? null : withoutPassword(config.databaseUrl),
    metricsToken: config.metricsToken === null ? 'none' : 'set',
    trustedDocuments: config.trustedDocuments === null ? 'all' : config.trustedDocuments.texts.size,
    callback: {
      header: callback.header,
      signingKeys: countOf(callback.signingKeys),
      headerSecrets: countOf(callback.headerSecrets),
      pathSecrets: countOf(callback.pathSecrets),
    },
    jwt: { ...jwt, secrets: countOf(jwt.secrets) },
  };
}

const countOf = ({ length }: readonly unknown[]) => (length === 0 ? 'none' : `${length} set`);

function withoutPassword(address: string): string {
  const { protocol, username, host, pathname } = new URL(address);
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`;
}
