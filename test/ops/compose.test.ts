import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { CONFIG_VARIABLES } from '../../src/config/variables.ts';
import { COMPOSE, environmentOf, serviceOf } from '../support/container/compose.ts';
import { readDockerfile } from '../support/container/dockerfile.ts';
import { HAPROXY_CONFIG, NO_HAPROXY } from '../support/container/haproxy.ts';
import { ROOT } from '../support/documents.ts';

const GATEWAYS = ['gateway-1', 'gateway-2'];
const OURS = ['migrate', ...GATEWAYS];
/** After its drain a process has 10 s to end by itself. */
const LAST_RESORT_MS = 10_000;
const GIVEN = {
  POSTGRES_PASSWORD: 'password',
  CALLBACK_HEADER_SECRETS: 'the-aggregators-shared-secret',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'callboard',
  JWT_SECRETS: 'a-secret-of-32-characters-or-more',
};
const [image] = readDockerfile(`${ROOT}Dockerfile`).slice(-1);

describe('compose.yaml', () => {
  it.each(OURS)('%s: sets only variables that exist, and the gateway takes them', (name) => {
    const environment = environmentOf(name, GIVEN);
    expect(Object.keys(environment).filter((variable) => !CONFIG_VARIABLES.includes(variable))).toEqual([]);
    expect(readConfig({ ...image?.env, ...environment })).toMatchObject({
      mode: 'production',
      host: '0.0.0.0',
      migrate: 'off',
    });
  });

  it('does not start without each secret that it asks for', () => {
    for (const missing of Object.keys(GIVEN).filter((name) => name !== 'JWT_SECRETS'))
      expect(() => environmentOf('gateway-1', { ...GIVEN, [missing]: '' })).toThrow(missing);
  });

  it.each(GATEWAYS)('%s: may take as long to stop as it needs', (name) => {
    const { lameDuckMs, drainMs } = readConfig({ ...image?.env, ...environmentOf(name, GIVEN) });
    const [, seconds] = /^(\d+)s$/.exec(serviceOf(name).stop_grace_period ?? '') ?? [];
    expect(lameDuckMs).toBeGreaterThan(0);
    expect(Number(seconds) * 1_000).toBeGreaterThan(lameDuckMs + drainMs + LAST_RESORT_MS);
  });

  it.each([...OURS, 'proxy'])('%s: has a read-only root with /tmp in memory, and no capability', (name) => {
    expect(serviceOf(name)).toMatchObject({ read_only: true, tmpfs: ['/tmp'], cap_drop: ['ALL'] });
  });

  it('gives both gateways the same, once a migrated store is there, and files for all connections', () => {
    const [first, second] = GATEWAYS.map(serviceOf);
    expect(second).toEqual(first);
    expect(first?.depends_on).toEqual({ migrate: { condition: 'service_completed_successfully' } });
    expect(serviceOf('migrate')).toMatchObject({
      command: ['migrate'],
      depends_on: { postgres: { condition: 'service_healthy' } },
    });
    const { limits } = readConfig({ ...image?.env, ...environmentOf('gateway-1', GIVEN) });
    expect(first?.ulimits?.nofile).toBeGreaterThan(limits.connections);
  });

  it('keeps the database in a volume, and asks it whether it is healthy', () => {
    const { volumes, healthcheck, image: postgres } = serviceOf('postgres');
    expect(volumes).toEqual(['postgres:/var/lib/postgresql/data']);
    expect(Object.keys(COMPOSE.volumes)).toEqual(['postgres']);
    expect(healthcheck?.test.slice(0, 2)).toEqual(['CMD', 'pg_isready']);
    expect(Number(/^postgres:(\d+)/.exec(postgres)?.[1])).toBeGreaterThanOrEqual(15);
  });

  it('pins every image, and its own to the version of the package', () => {
    const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    for (const { image: name } of Object.values(COMPOSE.services)) expect(name).toMatch(/:\d+\.\d+/);
    for (const name of OURS) expect(serviceOf(name).image).toBe(`callboard:${version}`);
  });
});

describe('ops/haproxy.cfg', () => {
  it('leads to every gateway, in each backend, and asks /readyz', () => {
    const servers = [...HAPROXY_CONFIG.matchAll(/^ {4}server (\S+) (\S+)/gm)];
    expect(servers.map(([, name, address]) => [name, address])).toEqual(
      [...GATEWAYS, ...GATEWAYS].map((name) => [name, `${name}:${image?.env.PORT}`]),
    );
    expect(HAPROXY_CONFIG).toContain('http-check send meth GET uri /readyz');
  });

  it('takes an instance out in half of LAME_DUCK_MS', () => {
    const [, seconds, times] = /inter (\d+)s fall (\d+)/.exec(HAPROXY_CONFIG) ?? [];
    const { lameDuckMs } = readConfig({ ...image?.env, ...environmentOf('gateway-1', GIVEN) });
    expect(Number(seconds) * Number(times) * 1_000).toBeLessThanOrEqual(lameDuckMs / 2);
  });

  it('stands on the port that compose.yaml publishes', () => {
    const [, port] = /^ {4}bind :(\d+)$/m.exec(HAPROXY_CONFIG) ?? [];
    expect(serviceOf('proxy').ports).toEqual([`${port}:${port}`]);
    expect(serviceOf('proxy').volumes?.[0]).toMatch(/^\.\/ops\/haproxy\.cfg:/);
  });

  it.skipIf(NO_HAPROXY !== null)('is valid for HAProxy', () => {
    const { status, stderr } = spawnSync('haproxy', ['-c', '-f', `${ROOT}ops/haproxy.cfg`], {
      encoding: 'utf8',
    });
    // The names are Docker's: here they have no address.
    const about = stderr.split('\n').filter((line) => /\[(WARNING|ALERT)\]/.test(line));
    expect(about.filter((line) => !line.includes('could not resolve address'))).toEqual([]);
    expect(status).toBe(0);
  });
});
