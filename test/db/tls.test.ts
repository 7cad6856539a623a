import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { postCallback, query, send } from '../support/clients/client.ts';
import { runToExit, spawnGateway } from '../support/gateways/gateway.ts';
import { LONG } from '../support/long.ts';
import { type Cluster, NO_CLUSTER, startCluster } from '../support/stores/cluster.ts';
import { startTcpProxy } from '../support/stores/tcp-proxy.ts';
import { until } from '../support/until.ts';

const reason = NO_CLUSTER ?? (spawnSync('openssl', ['version']).status === 0 ? null : 'there is no openssl');

describe.skipIf(reason !== null)(`TLS to PostgreSQL${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let cluster: Cluster;
  let folder: string;
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const request = (name: string, subject: string) =>
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      subject,
    );
  const authority = (name: string) =>
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      ...['-keyout', `${name}.key`, '-out', `${name}.crt`],
    );

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'callboard-tls-'));
    authority('ours');
    authority('another');
    request('server', '/CN=localhost');
    openssl(
      'x509',
      '-req',
      '-in',
      'server.csr',
      '-CA',
      'ours.crt',
      '-CAkey',
      'ours.key',
      '-CAcreateserial',
      '-days',
      '2',
      ...['-out', 'server.crt'],
    );
    cluster = await startCluster({
      settings: { ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key' },
      prepare: (data, own) => {
        for (const name of ['server.crt', 'server.key']) {
          execFileSync('cp', [at(name), data]);
          chmodSync(join(data, name), 0o600);
          own(join(data, name));
        }
      },
    });
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const urlOf = (parameters: Record<string, string>, host = 'localhost') =>
    `postgres://postgres@${host}:${cluster.port}/postgres?${new URLSearchParams(parameters)}`;

  it('stands on every connection with verify-full and an own CA, and comes back when it broke', async () => {
    const gateway = await spawnGateway({
      DATABASE_URL: urlOf({ sslmode: 'verify-full', sslrootcert: at('ours.crt') }),
    });
    const plain = postgres(cluster.url, { max: 1 });
    const connections = async () =>
      plain`select s.ssl, count(*)::int as n from pg_stat_ssl s join pg_stat_activity a using (pid)
        where a.application_name like 'callboard%' group by s.ssl`;
    const deliver = (sessionId: string) =>
      postCallback(gateway.url, { ...fields('session-status'), sessionId });
    expect((await deliver('one')).status).toBe(200);
    expect(await connections()).toEqual([expect.objectContaining({ ssl: true })]);

    await plain`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'callboard%'`;
    // The sender tries again, as it does after every 503.
    await until(async () => (await deliver('two')).status === 200, 10_000);
    const { data } = await query(gateway.url, '{ session(sessionId: "two") { sessionId } }');
    expect(data).toEqual({ session: { sessionId: 'two' } });
    expect(await connections()).toEqual([expect.objectContaining({ ssl: true })]);
    await plain.end();
    expect(await gateway.terminate()).toEqual({ code: 0, signal: null });
  });

  // A server is taken for gone after 6 s of silence.
  it.skipIf(!LONG)('is given up where the server has gone silent, and made again', async () => {
    const proxy = await startTcpProxy(cluster.url);
    const through = new URL(proxy.through(urlOf({ sslmode: 'verify-full', sslrootcert: at('ours.crt') })));
    through.hostname = 'localhost';
    const gateway = await spawnGateway({ DATABASE_URL: through.href });
    const ask = async () => (await query(gateway.url, '{ sessions { edges { node { outcome } } } }')).status;
    expect(await ask()).toBe(200);
    await proxy.cut('silent');
    await proxy.mend({ forget: true });
    await until(async () => (await ask()) === 200, 20_000);
    expect((await send(`${gateway.url}/readyz`)).status).toBe(200);
    await gateway.terminate();
  });

  it('is had without a check with require, and is checked where a CA is named', async () => {
    const gateway = await spawnGateway({ DATABASE_URL: urlOf({ sslmode: 'require' }) });
    await gateway.terminate();
    const { output } = await runToExit({
      DATABASE_URL: urlOf({ sslmode: 'require', sslrootcert: at('another.crt') }),
    });
    expect(output).toContain('is not one that sslrootcert or the system vouches for');
  });

  it('is refused where the certificate is of another CA, of none that is known, or for another host', async () => {
    const start = async (parameters: Record<string, string>, host?: string) => {
      const { code, output } = await runToExit({ DATABASE_URL: urlOf(parameters, host) });
      expect(code).toBe(1);
      return output;
    };
    const verified = { sslmode: 'verify-full', sslrootcert: at('ours.crt') };
    const [another, unknown, elsewhere, lost, odd] = await Promise.all([
      start({ ...verified, sslrootcert: at('another.crt') }),
      start({ sslmode: 'verify-full' }),
      start(verified, '127.0.0.1'),
      start({ ...verified, sslrootcert: at('nowhere.crt') }),
      start({ sslmode: 'verify-al' }),
    ]);
    expect(another).toContain('is not one that sslrootcert or the system vouches for');
    expect(unknown).toContain('name the issuer');
    expect(elsewhere).toContain('is for another host name');
    expect(lost).toContain('nowhere.crt, and that file cannot be read (ENOENT)');
    expect(odd).toContain('it must be one of disable, allow, prefer, require, verify-ca, verify-full');
  });

  it('is refused by a server that has none, as a wrong password is, and done without where it is only preferred', async () => {
    const bare = await startCluster({
      prepare: (data, own) => {
        const file = join(data, 'pg_hba.conf');
        writeFileSync(file, `host all stranger all scram-sha-256\n${readFileSync(file, 'utf8')}`);
        own(file);
      },
    });
    const on = (mode: string) => ({ DATABASE_URL: `${bare.url}?sslmode=${mode}` });
    const { code, output } = await runToExit(on('verify-full'));
    expect([code, output.includes('does not speak TLS')]).toEqual([1, true]);
    const stranger = await runToExit({ DATABASE_URL: bare.url.replace('postgres@', 'stranger:hunter2@') });
    expect(stranger.output).toMatch(/refuses the password of stranger: correct it in DATABASE_URL\.\n$/);
    expect(stranger.output).not.toContain('hunter2');
    const gateway = await spawnGateway(on('prefer'));
    expect((await postCallback(gateway.url, fields('session-status'))).status).toBe(200);
    await gateway.terminate();
  });
});
