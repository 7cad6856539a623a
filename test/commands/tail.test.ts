import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createRandom } from '../../src/simulator/plan/random.ts';
import { fields } from '../support/builders/samples.ts';
import { postCallback } from '../support/clients/client.ts';
import { runCallboard, startCallboard } from '../support/clients/command.ts';
import { closeLater } from '../support/closing.ts';
import { spawnGateway, startGateway } from '../support/gateways/gateway.ts';
import { longOr } from '../support/long.ts';
import { freePort } from '../support/stores/cluster.ts';
import { emptyStore } from '../support/stores/empty-store.ts';
import { tempFolder } from '../support/stores/temp-folder.ts';

const ROUNDS = longOr(30, 1);
const KILLED = ['tail', 'target', 'gateway'] as const;
const PER_KILL = 6;

/** Takes bodies and writes each to a file before it answers: `type base64`, a line each. */
const TARGET = `
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
const [file, port] = process.argv.slice(1);
const server = createServer(async (req, res) => {
  const parts = [];
  for await (const part of req) parts.push(part);
  appendFileSync(file, req.headers['content-type'] + ' ' + Buffer.concat(parts).toString('base64') + '\\n');
  res.end();
});
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
`;

interface Target {
  readonly child: ChildProcess;
  readonly port: string;
}

async function startTarget(file: string, port = '0'): Promise<Target> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', TARGET, file, port], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  closeLater(async () => {
    await kill(child);
  });
  const [line] = await once(child.stdout, 'data');
  return { child, port: String(line).trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** A body that no other is: every fifth is no JSON and no UTF-8, every fifth begins with a byte order mark. */
function bodyOf(number: number): Uint8Array {
  if (number % 5 === 0) return Buffer.concat([Buffer.from([0xff, 0xfe, 0x00]), Buffer.from(`${number}`)]);
  const json = JSON.stringify({ ...fields('session-status'), sessionId: `s-${number}` });
  return Buffer.from(number % 5 === 1 ? `\uFEFF${json}` : json);
}

describe('callboard tail --state --forward-to', () => {
  it(
    'brings every body at least once and in order, across kill -9 of the tail, the target and the gateway',
    async () => {
      const folder = await tempFolder();
      const [file, state] = [join(folder, 'taken'), join(folder, 'state.json')];
      const store = { DATA_DIR: await emptyStore() };
      let gateway = await spawnGateway(store);
      const { url } = gateway;
      let target = await startTarget(file);
      const tail = () =>
        startCallboard([
          ...['tail', '--url', url, '--state', state],
          ...['--forward-to', `http://127.0.0.1:${target.port}/taken`],
        ]);
      let running = tail();
      // From here on nothing is missed: it knows where it stands.
      await vi.waitFor(() => expect(existsSync(state)).toBe(true), { timeout: 10_000 });

      const posted: string[] = [];
      const post = async (count: number) => {
        for (let rest = count; rest > 0; rest -= 1) {
          const body = bodyOf(posted.length);
          posted.push(Buffer.from(body).toString('base64'));
          expect((await postCallback(url, body)).status).toBe(200);
        }
      };
      const taken = async () => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
      const bodiesTaken = async () => [...new Set((await taken()).map((line) => line.split(' ')[1]))];
      const random = createRandom('tail', ROUNDS);

      for (let round = 0; round < ROUNDS; round += 1) {
        for (const killed of KILLED) {
          await post(random.integer(1, PER_KILL));
          if (killed === 'tail') {
            await kill(running.child);
            await post(random.integer(1, PER_KILL));
            running = tail();
          } else if (killed === 'target') {
            await kill(target.child);
            await post(random.integer(1, PER_KILL));
            target = await startTarget(file, target.port);
          } else {
            await gateway.kill();
            gateway = await spawnGateway({ ...store, PORT: new URL(url).port });
          }
        }
      }
      await post(2);
      await vi.waitFor(async () => expect((await bodiesTaken()).length).toBe(posted.length), {
        timeout: 30_000,
      });
      // A Set keeps the order in which each came first.
      expect(await bodiesTaken()).toEqual(posted);
      const lines = await taken();
      expect(new Set(lines.map((line) => line.split(' ')[0]))).toEqual(new Set(['application/json']));
      expect(lines.length - posted.length).toBeLessThanOrEqual(2 * ROUNDS);
      running.child.kill('SIGTERM');
      expect((await running.ended).code).toBe(0);
      await gateway.terminate();
    },
    longOr(300_000, 60_000),
  );
});

describe('callboard tail', () => {
  it('prints what the filter admits as JSON, and ends with 0', async () => {
    const { url } = await startGateway();
    const words = ['--url', url, '--json', '--filter', '{"outcome":["QUARANTINED"]}', '--state'];
    const state = join(await tempFolder(), 'state');
    const { child, ended } = startCallboard(['tail', ...words, state]);
    await vi.waitFor(() => expect(existsSync(state)).toBe(true), { timeout: 10_000 });
    await postCallback(url, fields('session-status'));
    await postCallback(url, 'no JSON');
    const [line] = await once(child.stdout ?? child, 'data');
    expect(JSON.parse(String(line))).toMatchObject({
      position: '2',
      outcome: 'QUARANTINED',
      body: 'no JSON',
    });
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('says once why nothing comes, and that --after does not count beside a state', async () => {
    const state = join(await tempFolder(), 'state');
    await writeFile(state, '{"cursor":"x"}');
    const url = `http://127.0.0.1:${await freePort()}`;
    const words = ['--url', url, '--state', state, '--after', 'y'];
    const { child, lines, ended } = startCallboard(['tail', ...words]);
    expect(await lines.next(10_000)).toBe(`callboard tail: ${state} has a cursor, so --after does not count`);
    const refused = `connect ECONNREFUSED ${new URL(url).host}`;
    expect(await lines.next(10_000)).toBe(`callboard tail: ${url}: ${refused}; it is tried again`);
    // Longer than the first waits together.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect([code, stderr.trim().split('\n').length]).toEqual([0, 2]);
  });

  it('ends with 1 where it is refused, and where its state cannot be read', async () => {
    const { url } = await startGateway();
    const refused = await runCallboard('tail', '--url', url, '--filter', '{"outcom":[]}');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('outcom') });
    const state = join(await tempFolder(), 'state');
    await writeFile(state, '{"cursor":');
    const broken = await runCallboard('tail', '--url', url, '--state', state);
    expect(broken).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is no state of callboard tail'),
    });
  });
});
