import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { describeConfig } from '../../src/config/describe-config.ts';
import { ConfigError } from '../../src/config/faults.ts';
import { LIMIT_VARIABLES } from '../../src/config/limits.ts';
import { CONFIG_VARIABLES, VARIABLE_NAMES, VARIABLES } from '../../src/config/variables.ts';
import { DEFAULT_LIMITS } from '../support/builders/default-limits.ts';

const SIGNING_KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const PRODUCTION = {
  MODE: 'production',
  HOST: '0.0.0.0',
  DATABASE_URL: 'postgres://callboard:pa55word@db.example.com:5432/callboard',
  CALLBACK_SIGNING_KEYS: SIGNING_KEY,
  JWT_SECRETS: 'a-shared-secret-of-at-least-32-characters',
  JWT_ISSUER: 'https://login.example.com',
  JWT_AUDIENCE: 'callboard',
};

function faultsOf(env: Parameters<typeof readConfig>[0]): Record<string, string> {
  try {
    readConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.faults.map(({ variable, problem }) => [variable, problem]));
  }
  return {};
}

describe('the configuration', () => {
  it('has a default for everything and explores on this machine alone', () => {
    expect(readConfig({})).toEqual({
      mode: 'explore',
      host: '127.0.0.1',
      port: 4000,
      databaseUrl: null,
      dataDir: './data',
      databaseConnections: 10,
      databasePooled: false,
      migrate: 'auto',
      expectedStages: ['AUTHENTICATION', 'ACCOUNTS', 'TRANSACTIONS'],
      restartQuietMs: 30_000,
      stalledAfterMs: 600_000,
      lameDuckMs: 0,
      drainMs: 5_000,
      logLevel: 'info',
      graphiql: true,
      introspection: true,
      allowedOrigins: [],
      trustProxy: [],
      retentionDays: null,
      metricsToken: null,
      trustedDocuments: null,
      limits: DEFAULT_LIMITS,
      callback: { signingKeys: [], header: 'authorization', headerSecrets: [], pathSecrets: [] },
      jwt: {
        jwksUrl: null,
        secrets: [],
        issuer: null,
        audience: null,
        algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
        userClaim: 'sub',
        paymentUserClaim: null,
      },
    });
  });

  it('is frozen, groups and lists too', () => {
    const config = readConfig({ ...PRODUCTION, ALLOWED_ORIGINS: 'https://app.example.com' });
    for (const part of [config, config.callback, config.jwt, config.expectedStages, config.allowedOrigins]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('counts an empty variable as unset', () => {
    const blank = Object.fromEntries(CONFIG_VARIABLES.map((name) => [name, ' ']));
    expect(readConfig(blank)).toEqual(readConfig({}));
  });

  it('keeps expected stages in the order of the road, each once', () => {
    const env = { EXPECTED_STAGES: 'Transactions, AccountBalances,Authentication,Transactions' };
    expect(readConfig(env).expectedStages).toEqual(['AUTHENTICATION', 'ACCOUNT_BALANCES', 'TRANSACTIONS']);
  });

  it('closes GraphiQL and introspection in production unless they are switched on', () => {
    expect(readConfig(PRODUCTION)).toMatchObject({ graphiql: false, introspection: false });
    expect(readConfig({ ...PRODUCTION, GRAPHIQL: 'on' })).toMatchObject({
      graphiql: true,
      introspection: false,
    });
    expect(readConfig({ GRAPHIQL: 'off' })).toMatchObject({ graphiql: false, introspection: true });
  });

  it.each([
    ['MODE', 'Production'],
    ['PORT', '65536'],
    ['PORT', '0x10'],
    ['PORT', '-1'],
    ['HOST', 'not a host'],
    ['EXPECTED_STAGES', 'Authentication,Balances'],
    ['EXPECTED_STAGES', ','],
    ['RESTART_QUIET_MS', '1.5'],
    ['STALLED_AFTER_MS', '0'],
    ['DRAIN_MS', '60001'],
    ['LAME_DUCK_MS', '60001'],
    ['DATABASE_CONNECTIONS', '2'],
    ['MIGRATE', 'later'],
    ['RETENTION_DAYS', '0'],
    ['LOG_LEVEL', 'verbose'],
    ['GRAPHIQL', 'true'],
    ['DATABASE_POOLED', 'yes'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'https://app.example.com/'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['JWT_JWKS_URL', 'http://login.example.com/jwks'],
    ['JWT_ALGORITHMS', 'none'],
    ['CALLBACK_HEADER', 'x secret'],
    ['LIMIT_DEPTH', '1'],
    ['LIMIT_CONNECTIONS', 'many'],
  ])('refuses %s=%s and says what is allowed', (name, value) => {
    const problem = faultsOf({ [name]: value })[name];
    expect(problem).toContain(`is ${JSON.stringify(value)}; `);
    expect(problem).toMatch(/must be ./);
  });

  it.each([
    ['DATABASE_URL', 'mysql://root:hunter2hunter2@db/callboard'],
    ['CALLBACK_SIGNING_KEYS', 'whsec_hunter2'],
    ['CALLBACK_SIGNING_KEYS', [SIGNING_KEY, SIGNING_KEY, SIGNING_KEY].join(',')],
    ['CALLBACK_HEADER_SECRETS', 'hunter2'],
    ['CALLBACK_PATH_SECRETS', 'hunter2/hunter2/hunter2'],
    ['JWT_SECRETS', 'hunter2'],
    ['METRICS_TOKEN', 'hunter2'],
  ])('refuses a bad %s without showing it', (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(Object.keys(faults)).toEqual([name]);
    expect(faults[name]).toContain('must be');
    expect(JSON.stringify(faults)).not.toContain(value);
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  it('reports every fault at once, each variable on a line of its message', () => {
    const env = { PORT: 'x', LOG_LEVEL: 'loud', HOST: '0.0.0.0', EXPECTED_STAGES: 'Nowhere' };
    expect(Object.keys(faultsOf(env)).sort()).toEqual(['EXPECTED_STAGES', 'HOST', 'LOG_LEVEL', 'PORT']);
    expect(() => readConfig(env)).toThrow(/PORT: .*\n.*EXPECTED_STAGES: .*\n.*LOG_LEVEL: .*\n.*HOST: /);
  });
});

describe('explore mode', () => {
  it.each(['localhost', '127.0.0.1', '127.8.9.10', '::1', '[::1]'])('listens on %s', (host) => {
    expect(faultsOf({ HOST: host })).toEqual({});
  });

  it.each(['0.0.0.0', '::', '192.168.1.4', 'example.com', '127.example.com', 'localhost.example.com'])(
    'refuses to listen on %s',
    (host) => {
      expect(faultsOf({ HOST: host }).HOST).toContain('MODE=production');
    },
  );
});

describe('production mode', () => {
  it('names everything that is missing at once', () => {
    expect(Object.keys(faultsOf({ MODE: 'production' }))).toEqual([
      'DATABASE_URL',
      'CALLBACK_SIGNING_KEYS or CALLBACK_HEADER_SECRETS or CALLBACK_PATH_SECRETS',
      'JWT_JWKS_URL or JWT_SECRETS',
      'JWT_ISSUER',
      'JWT_AUDIENCE',
    ]);
  });

  it('names what is missing beside what is wrong', () => {
    const { JWT_ISSUER, ...env } = PRODUCTION;
    expect(Object.keys(faultsOf({ ...env, PORT: 'x' }))).toEqual(['PORT', 'JWT_ISSUER']);
  });

  it.each([
    { CALLBACK_SIGNING_KEYS: SIGNING_KEY },
    { CALLBACK_HEADER_SECRETS: 'Bearer 0123456789abcdef' },
    { CALLBACK_PATH_SECRETS: '0123456789abcdef' },
  ])('starts with one way to authenticate callbacks: %o', (way) => {
    const { CALLBACK_SIGNING_KEYS, ...rest } = PRODUCTION;
    expect(faultsOf({ ...rest, ...way })).toEqual({});
  });

  it('never mixes a key set with shared secrets, nor their algorithms', () => {
    const jwks = 'https://login.example.com/jwks';
    expect(faultsOf({ ...PRODUCTION, JWT_JWKS_URL: jwks }).JWT_SECRETS).toContain('set one of them');
    expect(faultsOf({ ...PRODUCTION, JWT_ALGORITHMS: 'HS256,RS256' }).JWT_ALGORITHMS).toContain(
      'HS256, HS384, HS512',
    );
    const { JWT_SECRETS, ...rest } = PRODUCTION;
    expect(faultsOf({ ...rest, JWT_JWKS_URL: jwks, JWT_ALGORITHMS: 'HS256' }).JWT_ALGORITHMS).toContain(
      'RS256',
    );
    expect(readConfig(PRODUCTION).jwt.algorithms).toEqual(['HS256']);
  });
});

describe('secrets in files', () => {
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'callboard-config-'));
    onTestFinished(() => rmSync(path, { recursive: true }));
    return path;
  };

  it('are read from NAME_FILE, without the line break at the end', () => {
    const path = join(folder(), 'token');
    writeFileSync(path, '0123456789abcdef\n');
    expect(readConfig({ METRICS_TOKEN_FILE: path }).metricsToken).toBe('0123456789abcdef');
  });

  it('satisfy production', () => {
    const path = join(folder(), 'url');
    writeFileSync(path, PRODUCTION.DATABASE_URL);
    const { DATABASE_URL, ...rest } = PRODUCTION;
    expect(readConfig({ ...rest, DATABASE_URL_FILE: path }).databaseUrl).toBe(DATABASE_URL);
  });

  it('that are missing, empty or given twice are one fault each', () => {
    const empty = join(folder(), 'empty');
    writeFileSync(empty, '\n');
    const faults = faultsOf({
      METRICS_TOKEN_FILE: '/nowhere/token',
      JWT_SECRETS_FILE: empty,
      DATABASE_URL: PRODUCTION.DATABASE_URL,
      DATABASE_URL_FILE: empty,
    });
    expect(faults).toEqual({
      METRICS_TOKEN_FILE: 'the file /nowhere/token cannot be read (ENOENT)',
      JWT_SECRETS_FILE: `the file ${empty} is empty`,
      DATABASE_URL_FILE: 'is set beside DATABASE_URL; set one of them',
    });
  });
});

describe('what the log shows', () => {
  it('holds no secret, and neither password nor options of the database', () => {
    const env = {
      ...PRODUCTION,
      DATABASE_URL: 'postgres://callboard:pa55word@db.example.com:5432/callboard?password=0ther',
      CALLBACK_HEADER_SECRETS: 'header-secret-0123456789',
      CALLBACK_PATH_SECRETS: 'path-secret-0123456789',
      METRICS_TOKEN: 'metrics-token-0123456789',
    };
    const logged = JSON.stringify(describeConfig(readConfig(env)));
    expect(logged).toContain('postgres://callboard@db.example.com:5432/callboard"');
    for (const secret of [
      'pa55word',
      '0ther',
      'MfKQ9r8',
      'a-shared-secret',
      'header-secret',
      'path-secret',
      'metrics-token',
    ]) {
      expect(logged).not.toContain(secret);
    }
  });
});

describe('trusted documents', () => {
  const folder = mkdtempSync(join(tmpdir(), 'callboard-documents-'));
  const path = join(folder, 'documents.json');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['["{ a }", "{ b }"]', '{ "one": "{ a }", "two": "{ b }" }'])(
    'are read from a file: %s',
    (text) => {
      writeFileSync(path, text);
      expect(readConfig({ TRUSTED_DOCUMENTS: path }).trustedDocuments?.texts).toEqual(
        new Set(['{ a }', '{ b }']),
      );
    },
  );

  it.each(['[1]', '"{ a }"', 'nonsense'])('are refused where the file holds something else: %s', (text) => {
    writeFileSync(path, text);
    expect(faultsOf({ TRUSTED_DOCUMENTS: path }).TRUSTED_DOCUMENTS).toContain('must be');
    rmSync(path);
    expect(faultsOf({ TRUSTED_DOCUMENTS: path }).TRUSTED_DOCUMENTS).toContain('must be');
  });
});

describe('limits', () => {
  it('are those of the design where nothing is set', () => {
    expect(readConfig({}).limits).toEqual({
      bodyBytes: 64 * 1024,
      tokens: 1_000,
      depth: 10,
      aliases: 15,
      directives: 5,
      complexity: 10_000,
      fields: 50_000,
      responseBytes: 4 * 1024 * 1024,
      executionMs: 5_000,
      socketInitMs: 3_000,
      socketFrameBytes: 64 * 1024,
      socketSubscriptions: 20,
      socketMessages: 100,
      viewerSockets: 10,
      viewerOperations: 6,
      viewerWaiting: 64,
      viewerStreams: 10,
      connections: 20_000,
      headMs: 5_000,
      requestMs: 15_000,
      headBytes: 16 * 1024,
    });
  });

  it('are each set by one variable', () => {
    const twice = Object.entries(LIMIT_VARIABLES).map(([name, { fallback }]) => [
      name,
      String(2 * Number(fallback)),
    ]);
    const { limits } = readConfig(Object.fromEntries(twice));
    expect(Object.values(limits)).toEqual(Object.values(DEFAULT_LIMITS).map((value) => 2 * value));
  });
});

describe('.env.example', () => {
  const lines = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8').split('\n');

  it('names every variable that is read, and no other', () => {
    const names = lines.flatMap((line) => /^(?:# )?([A-Z][A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect(names.toSorted()).toEqual([...CONFIG_VARIABLES].sort());
  });

  it('sets each variable that has a default to it, and no other', () => {
    const set = lines.filter((line) => /^[A-Z]/.test(line));
    const defaults = VARIABLE_NAMES.flatMap((name) => {
      const { fallback } = VARIABLES[name];
      return fallback === null ? [] : [`${name}=${fallback}`];
    });
    expect(set.toSorted()).toEqual(defaults.toSorted());
    const environment = Object.fromEntries(set.map((line) => line.split('=', 2)));
    expect(readConfig(environment)).toEqual(readConfig({}));
  });
});
