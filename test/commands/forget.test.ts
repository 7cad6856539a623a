import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { postCallback, query } from '../support/client.ts';
import { spawnGateway } from '../support/gateway.ts';
import { fields } from '../support/samples.ts';
import { eachStore } from '../support/stores.ts';

const FORGET = fileURLToPath(new URL('../../dist/commands/forget.js', import.meta.url));

/** Runs the command to its end, as `npm run forget` does after its build. */
async function forget(env: Readonly<Record<string, string>>, ...words: readonly string[]) {
  const child = spawn(process.execPath, [FORGET, ...words], {
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

eachStore('npm run forget', (on) => {
  it('deletes what it is told and says how much, never whose; on PGlite the gateway must be stopped', async () => {
    const gateway = await spawnGateway(on.env());
    const callback = { ...fields('session-status'), sessionId: 'forget-me', userId: 'user-to-forget' };
    expect((await postCallback(gateway.url, callback)).status).toBe(200);
    const first = await forget(on.env(), '--user', 'user-to-forget');
    if (on.kind === 'pglite') {
      expect(first).toEqual({ code: 1, output: expect.stringContaining('is open in another process') });
      await gateway.terminate();
      const second = await forget(on.env(), '--user', 'user-to-forget');
      expect(second).toEqual({ code: 0, output: '1 sessions, 0 payments and 1 callbacks deleted.\n' });
      return;
    }
    expect(first).toEqual({ code: 0, output: '1 sessions, 0 payments and 1 callbacks deleted.\n' });
    const { data } = await query(gateway.url, '{ session(sessionId: "forget-me") { id } }');
    expect(data).toEqual({ session: null });
    expect((await postCallback(gateway.url, callback)).json).toMatchObject({ outcome: 'recorded' });
    await gateway.terminate();
  });

  it('says how it is used where it is not understood, and opens nothing', async () => {
    for (const words of [[], ['--user'], ['--user', ''], ['--everyone', 'x'], ['--user', 'a', 'b']]) {
      const { code, output } = await forget(on.env(), ...words);
      expect([code, output]).toEqual([
        2,
        'usage: npm run forget -- --user ID | --session ID | --payment ID\n',
      ]);
    }
  });
});
