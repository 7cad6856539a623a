import type { Texts } from './environment.ts';
import type { ConfigFault } from './faults.ts';
import { isLoopback, withoutBrackets } from './hosts.ts';
import { KEY_SET_ALGORITHMS, SECRET_ALGORITHMS, VARIABLES, type VariableName } from './variables.ts';

const CALLBACK_WAYS = ['CALLBACK_SIGNING_KEYS', 'CALLBACK_HEADER_SECRETS', 'CALLBACK_PATH_SECRETS'] as const;
const TOKEN_WAYS = ['JWT_JWKS_URL', 'JWT_SECRETS'] as const;

/** The faults of variables that are valid one by one but not together. */
export function faultsAcross(texts: Texts): ConfigFault[] {
  const mode = texts.MODE ?? 'explore';
  const modeFaults =
    mode === 'explore' ? exploreFaults(texts) : mode === 'production' ? productionFaults(texts) : [];
  return [...modeFaults, ...tokenFaults(texts)];
}

/** Without credentials, only this machine may reach the gateway. */
function exploreFaults({ HOST = VARIABLES.HOST.fallback ?? '' }: Texts): ConfigFault[] {
  const host = withoutBrackets(HOST);
  if (isLoopback(host)) return [];
  const problem = `is "${host}"; MODE=explore is open to everyone who reaches it, so it must be localhost, 127.0.0.1 or ::1 (or set MODE=production)`;
  return [{ variable: 'HOST', problem }];
}

/** Production requires credentials, and a store that survives a power cut. */
function productionFaults(texts: Texts): ConfigFault[] {
  const needs = (names: readonly VariableName[], why: string): ConfigFault[] =>
    names.some((name) => texts[name] !== undefined)
      ? []
      : [{ variable: names.join(' or '), problem: `MODE=production needs ${why}` }];
  return [
    ...databaseFaults(texts),
    ...needs(CALLBACK_WAYS, 'one of them, so that only the aggregator can send callbacks'),
    ...needs(TOKEN_WAYS, 'one of them, to verify tokens of viewers'),
    ...needs(['JWT_ISSUER'], VARIABLES.JWT_ISSUER.allowed),
    ...needs(['JWT_AUDIENCE'], VARIABLES.JWT_AUDIENCE.allowed),
  ];
}

/** Production requires a configured store: a missing setting must not start it with an empty folder. */
export function databaseFaults({ MODE, DATABASE_URL }: Texts): ConfigFault[] {
  if (MODE !== 'production' || DATABASE_URL !== undefined) return [];
  const problem = `MODE=production needs PostgreSQL: ${VARIABLES.DATABASE_URL.allowed}`;
  return [{ variable: 'DATABASE_URL', problem }];
}

/** A public key used as a shared secret lets anyone forge tokens: neither the two ways nor their algorithms may mix. */
function tokenFaults({ JWT_JWKS_URL, JWT_SECRETS, JWT_ALGORITHMS = '' }: Texts): ConfigFault[] {
  if (JWT_JWKS_URL !== undefined && JWT_SECRETS !== undefined) {
    return [{ variable: 'JWT_SECRETS', problem: 'is set beside JWT_JWKS_URL; set one of them' }];
  }
  if (JWT_JWKS_URL === undefined && JWT_SECRETS === undefined) return [];
  const [way, fitting] =
    JWT_SECRETS === undefined ? ['JWT_JWKS_URL', KEY_SET_ALGORITHMS] : ['JWT_SECRETS', SECRET_ALGORITHMS];
  const named = JWT_ALGORITHMS.split(',').map((name) => name.trim());
  if (named.every((name) => name === '' || fitting.includes(name))) return [];
  const problem = `with ${way} it must be a comma-separated list of ${fitting.join(', ')}`;
  return [{ variable: 'JWT_ALGORITHMS', problem }];
}
