import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { postCallback, query } from '../support/clients/client.ts';
import { built, spawnGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

/** Runs a command to its end, as `npm run` does after its build. */
async function run(command: string, env: Readonly<Record<string, string>>, ...words: readonly string[]) {
  const child = spawn(process.execPath, [built('callboard'), command, ...words], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

const forget = (env: Readonly<Record<string, string>>, ...words: readonly string[]) =>
  run('forget', env, ...words);

/** What is printed after deleting a session, no payment and one callback, following the line for an audit. */
function expectDone({ code, output }: { code: unknown; output: string }): void {
  expect(code).toBe(0);
  expect(output).toMatch(/^1 sessions, 0 payments and 1 callbacks deleted\.$/m);
  const digest = createHash('sha256').update('user-to-forget').digest('hex').slice(0, 8);
  const audit = output.split('\n').find((line) => line.includes('"audit"'));
  expect(JSON.parse(audit ?? '{}')).toMatchObject({
    level: 'info',
    time: expect.stringMatching(/^20/),
    ...{ audit: 'forget', kind: 'user', id: `sha256:${digest}` },
    ...{ sessions: 1, payments: 0, callbacks: 1 },
  });
  expect(output).not.toContain('user-to-forget');
}

eachStore('npm run forget', (on) => {
  it('deletes what is named and prints how much, never whose; on PGlite the gateway must be stopped', async () => {
    const gateway = await spawnGateway(on.env());
    const callback = { ...fields('session-status'), sessionId: 'forget-me', userId: 'user-to-forget' };
    expect((await postCallback(gateway.url, callback)).status).toBe(200);
    const first = await forget(on.env(), '--user', 'user-to-forget');
    if (on.kind === 'pglite') {
      expect(first).toEqual({ code: 1, output: expect.stringContaining('is open in another process') });
      await gateway.terminate();
      const second = await forget(on.env(), '--user', 'user-to-forget');
      expectDone(second);
      return;
    }
    expectDone(first);
    const { data } = await query(gateway.url, '{ session(sessionId: "forget-me") { id } }');
    expect(data).toEqual({ session: null });
    expect((await postCallback(gateway.url, callback)).json).toMatchObject({ outcome: 'recorded' });
    await gateway.terminate();
  });

  it.runIf(on.kind === 'postgres')(
    'wants the settings of the store alone, as rebuild and replay do',
    async () => {
      // A production gateway would not start by these: no way to authenticate callbacks or viewers.
      const env = { ...on.env(), MODE: 'production', JWT_ALGORITHMS: 'nonsense', LIMIT_DEPTH: 'deep' };
      expect((await forget(env, '--user', 'nobody')).code).toBe(0);
      expect((await run('rebuild', env)).code).toBe(0);
      expect((await run('replay', env, '--quarantined')).code).toBe(0);
      const { code, output } = await forget({ MODE: 'production', DATABASE_POOLED: 'maybe' }, '--user', 'x');
      expect([code, output]).toEqual([1, expect.stringMatching(/DATABASE_POOLED.*\n.*DATABASE_URL/)]);
    },
  );

  it('says how it is used where it is not understood, and opens nothing', async () => {
    const usage = 'usage: callboard forget --user ID | --session ID | --payment ID\n';
    const misused: readonly [words: readonly string[], reason: string][] = [
      [[], 'callboard forget: give --user, --session or --payment'],
      [['--user'], "callboard: option '--user <id>' argument missing"],
      [['--user', ''], "callboard: option '--user <id>' argument '' is invalid. An id is not empty."],
      [['--everyone', 'x'], 'callboard forget has no option --everyone; the nearest is --user'],
      [['--user', 'a', 'b'], 'callboard forget has no argument b'],
      [['--user', 'a', '--user', 'b'], 'callboard forget: --user is given twice'],
    ];
    for (const [words, reason] of misused) {
      expect(await forget(on.env(), ...words)).toEqual({ code: 2, output: `${reason}\n${usage}` });
    }
  });
});
