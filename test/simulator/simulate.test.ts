import { createHash, generateKeyPairSync } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { createSimulate } from '../../src/commands/simulate.ts';
import { SCENARIOS_FOLDER } from '../../src/config/package-files.ts';
import { send } from '../support/clients/client.ts';
import { runCallboard, startCallboard } from '../support/clients/command.ts';
import { closeLater } from '../support/closing.ts';
import { FENCES, ROOT, tableRows } from '../support/documents.ts';
import { spawnGateway } from '../support/gateways/gateway.ts';
import { OPERATOR, productionEnv, token } from '../support/gateways/production.ts';
import { LONG, longOr } from '../support/long.ts';
import { emptyStore } from '../support/stores/empty-store.ts';
import { eachStore } from '../support/stores/stores.ts';

/** Longer than overtaken callbacks take to come, also on a slow machine with hundreds of sessions at once. */
const QUIET_MS = String(longOr(500, 250));
const FAULTS = ['--duplicates', '0.2', '--reorder', '0.2', '--late', '0.1'];
const QUICK = ['--speed', '0', '--restart-quiet', QUIET_MS, '--json'];
/** The scenarios in the box. */
const BOX = readdirSync(SCENARIOS_FOLDER)
  .filter((file) => !file.endsWith('.schema.json'))
  .map((file) => file.replace(/\.json$/, ''));
const TIMEOUT = { timeout: longOr(600_000, 60_000) };

const Different = z.object({
  id: z.string(),
  differences: z.array(z.object({ field: z.string(), expected: z.unknown(), found: z.unknown() })),
});
const Summary = z.object({
  compared: z.number(),
  right: z.number(),
  unfinished: z.number(),
  retries: z.number(),
  done: z.number(),
  planned: z.number(),
  different: z.array(Different),
  unknowable: z.array(Different),
  undelivered: z.array(Different),
  hash: z.string(),
  wasStopped: z.boolean(),
});

const simulate = (url: string, ...words: readonly string[]) =>
  startCallboard(['simulate', '--url', url, ...QUICK, ...words]);

async function summaryOf({ ended }: ReturnType<typeof simulate>) {
  const { code, stdout, stderr } = await ended;
  if (stdout === '') throw new Error(stderr);
  return { code, ...Summary.parse(JSON.parse(stdout)) };
}

eachStore('a simulation', (on) => {
  it('of every scenario with faults ends as expected', TIMEOUT, async () => {
    const gateway = await spawnGateway(on.env({ RESTART_QUIET_MS: QUIET_MS }));
    const play = async (seed: number, count: number, ...words: readonly string[]) => {
      const common = ['--seed', String(seed), '--sessions', String(count), ...FAULTS, ...words];
      const summary = await summaryOf(simulate(gateway.url, ...common));
      expect(summary).toMatchObject({ code: 0, compared: count, different: [], undelivered: [] });
      expect(summary.right).toBeGreaterThanOrEqual(count - Math.max(1, count * 0.05));
      const { right, unknowable, hash } = summary;
      return `${words.at(-1) ?? 'all'}, seed ${seed}: ${right} of ${count}, ${unknowable.length} unknowable, ${hash.slice(0, 12)}`;
    };
    if (!LONG) await play(1, BOX.length);
    for (const seed of LONG ? [1, 2, 3] : []) {
      console.info(on.kind, await play(seed, 350));
      // Another seed: its ids are not those that have been played.
      for (const scenario of BOX) console.info(on.kind, await play(seed + 10, 50, '--scenario', scenario));
    }
    await gateway.terminate();
  });

  it.runIf(on.kind === 'postgres' || LONG)(
    'goes on when the gateway is killed and started again, and nothing is lost',
    TIMEOUT,
    async () => {
      const env = on.env({ RESTART_QUIET_MS: QUIET_MS, PORT: String(await freePort()) });
      const first = await spawnGateway(env);
      const words = ['--sessions', '28', '--seed', '4', '--rate', '80'];
      const running = simulate(first.url, ...words);
      await running.lines.next(30_000);
      await first.kill();
      const second = await spawnGateway(env);
      const summary = await summaryOf(running);
      expect(summary).toMatchObject({ code: 0, compared: 28, different: [], undelivered: [] });
      expect(summary.retries).toBeGreaterThan(0);
      await second.terminate();
    },
  );

  it.runIf(on.kind === 'postgres' || LONG)(
    'of a gateway with a broken fold ends with 1 and names the fields',
    TIMEOUT,
    async () => {
      const script = await mainWith('src/domain/status.ts', 'rank(fact) >= rank(shown)', 'true');
      const gateway = await spawnGateway(on.env({ RESTART_QUIET_MS: QUIET_MS }), 20_000, script);
      const words = ['simulate', '--url', gateway.url, '--speed', '0', '--restart-quiet', QUIET_MS];
      const { code, stdout } = await runCallboard(
        ...[...words, '--scenario', 'payments', 'happy', '--sessions', '20', '--seed', '5'],
        ...['--reorder', '0.8'],
      );
      expect(code).toBe(1);
      expect(stdout).toMatch(/^different: (session|payment) [a-z-]+-5-\d{6}\n {2}/m);
      expect(stdout).toMatch(/^ {2}\S*status: expected "[A-Z]+", found "[A-Z_]+"$/m);
      await gateway.terminate();
    },
  );

  it.runIf(on.kind === 'postgres')('is taken by each way to prove a sender', TIMEOUT, async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const shared = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const gateway = await spawnGateway({
      ...on.env({ RESTART_QUIET_MS: QUIET_MS }),
      ...productionEnv,
      CALLBACK_SIGNING_KEYS: `${shared},whpk_${point.toString('base64')}`,
      CALLBACK_PATH_SECRETS: 'a-secret-in-the-path-of-callbacks',
    });
    const ways = [
      ['--signing-key', shared],
      ['--signing-key', `whsk_${seed.toString('base64')}`],
      ['--signing-key', `whsk_${Buffer.concat([seed, point]).toString('base64')}`],
      ['--header', `${productionEnv.CALLBACK_HEADER}: ${productionEnv.CALLBACK_HEADER_SECRETS}`],
      ['--path-secret', 'a-secret-in-the-path-of-callbacks'],
    ];
    const viewer = ['--token', await token(OPERATOR)];
    await Promise.all(
      ways.map(async (way, number) => {
        const words = ['--scenario', 'happy', '--sessions', '2', '--seed', String(20 + number), ...FAULTS];
        const summary = await summaryOf(simulate(gateway.url, ...words, ...viewer, ...way));
        expect(summary).toMatchObject({ code: 0, right: 2 });
      }),
    );
    const wrong = await simulate(
      gateway.url,
      '--seed',
      '30',
      ...viewer,
      '--header',
      'x-callback-secret: wrong',
    ).ended;
    expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('answered 401') });
    await gateway.terminate();
  });
});

describe('a simulation', () => {
  let url = '';
  beforeAll(async () => {
    const gateway = await spawnGateway({ DATA_DIR: await emptyStore(), RESTART_QUIET_MS: QUIET_MS });
    url = gateway.url;
  });

  it(
    'sends the same bytes in the same order for the same seed at any speed, others for another',
    TIMEOUT,
    async () => {
      const target = await capture();
      const hashes: string[] = [];
      const runs: string[][] = [];
      for (const [seed, ...pace] of [
        ['1', '--speed', '0'],
        ['1', '--speed', '0'],
        ['1', '--speed', '0', '--rate', '500'],
        ['1', '--speed', '5000'],
        ['2', '--speed', '0'],
      ]) {
        target.bodies.length = 0;
        const words = [
          '--sessions',
          '4',
          '--scenario',
          'happy',
          '--seed',
          seed ?? '',
          '--restart-quiet',
          QUIET_MS,
        ];
        const run = startCallboard(['simulate', '--url', target.url, '--json', ...words, ...pace, ...FAULTS]);
        hashes.push((await summaryOf(run)).hash);
        runs.push([...target.bodies]);
      }
      const [first = '', ...others] = hashes;
      expect(others.map((hash) => hash === first)).toEqual([true, true, true, false]);
      expect(runs[1]).toEqual(runs[0]);
      const sent = createHash('sha256');
      for (const body of runs[0] ?? []) sent.update(`${Buffer.byteLength(body)} ${body}`);
      expect(sent.digest('hex')).toBe(first);
    },
  );

  it("plays the page's own scenario, and the page lists every option", TIMEOUT, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'callboard-test-'));
    closeLater(() => rm(folder, { recursive: true, force: true }));
    const [own] = FENCES.filter(({ marks }) => marks.get('scenario') === 'one-account');
    await writeFile(join(folder, 'one.json'), own?.code ?? '');
    const words = ['--scenario', join(folder, 'one.json'), '--sessions', '2'];
    expect(await summaryOf(simulate(url, ...words))).toMatchObject({ code: 0, right: 2 });
    const reason = 'the gateway has one-account-1-000000 already: take another seed (--seed)';
    expect(await simulate(url, ...words).ended).toMatchObject({ code: 1, stderr: `callboard: ${reason}\n` });
    const listed = tableRows('docs/simulator.md', '## Options').map(
      ([option = '']) => /--[a-z-]+/.exec(option)?.[0],
    );
    const options = createSimulate().options.map(({ long }) => long);
    expect(listed.toSorted()).toEqual(options.toSorted());
  });

  it('counts apart what it cannot know because a callback was lost', TIMEOUT, async () => {
    const words = ['--scenario', 'payments', '--sessions', '30', '--drop', '0.4', '--seed', '31'];
    const summary = await summaryOf(simulate(url, ...words));
    expect(summary).toMatchObject({ code: 0, compared: 30, different: [] });
    expect(summary.undelivered.length).toBeGreaterThan(3);
  });

  it("answers the aggregator's status routes, and Ctrl-C ends it with its summary", TIMEOUT, async () => {
    const running = simulate(
      ...([url, '--scenario', 'happy', '--sessions', '1', '--drop', '1'] as const),
      ...['--serve', '0', '--settle', '60000'],
    );
    const served = /http:\S+/.exec(await running.lines.next(30_000))?.[0] ?? '';
    const at = async (path: string) => (await send(`${served}/api/session${path}`)).json;
    const named = '?sessionId=happy-1-000000';
    await expect
      .poll(() => at(`/status${named}`))
      .toMatchObject({ stage: 'Transactions', status: 'Finished' });
    expect(await at('/accounts/status?sessionExternalId=external-happy-1-000000')).toEqual({
      sessionId: 'happy-1-000000',
      sessionExternalId: 'external-happy-1-000000',
      ...{ stage: 'Accounts', status: 'Finished', progress: null },
    });
    expect(await at(`/status/details${named}`)).toMatchObject({
      stages: expect.arrayContaining([{ stage: 'AccountBalances', status: null, progress: null }]),
      accounts: expect.arrayContaining([expect.objectContaining({ accountType: 'CurrentAccount' })]),
      transactions: expect.arrayContaining([expect.objectContaining({ transactionStatus: 'Pending' })]),
    });
    expect((await send(`${served}/api/session/status?sessionId=nobody`)).status).toBe(404);
    expect((await send(`${served}/api/session/balances/status${named}`)).status).toBe(400);
    expect((await send(`${served}/api/session/status`)).status).toBe(400);
    running.child.kill('SIGINT');
    expect(await summaryOf(running)).toMatchObject({ code: 0, wasStopped: true, compared: 1 });
  });

  it('ends at Ctrl-C with the summary of what was played', TIMEOUT, async () => {
    const running = startCallboard([
      'simulate',
      '--url',
      url,
      '--sessions',
      '14',
      '--seed',
      '32',
      '--speed',
      '100',
    ]);
    await running.lines.next(30_000);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\(stopped\)[\s\S]*not played to the end/)]);
  });

  it(
    'refuses what it does not understand with 2: a scenario, a field of a file, a value, two ways',
    TIMEOUT,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'callboard-test-'));
      closeLater(() => rm(folder, { recursive: true, force: true }));
      const file = join(folder, 'own.json');
      await writeFile(
        file,
        JSON.stringify({
          ...{ name: 'own', people: ['anna'], banks: [{ id: 1 }] },
          sessions: [{ steps: [{ stage: 'Accounts', status: 'Finished', acounts: 'all' }], expect: {} }],
        }),
      );
      const misused: readonly [words: readonly string[], reason: string][] = [
        [['--colour', 'red'], 'callboard simulate has no option --colour; the nearest is --'],
        [['--scenario', 'hapy'], 'there is no scenario hapy in the box; the nearest is happy'],
        [['--scenario', file], 'sessions.0.steps.0: Unrecognized key: "acounts"'],
        [['--scenario', join(folder, 'none.json')], 'none.json'],
        [['--drop', '2'], 'A share is a number from 0 to 1.'],
        [['--speed', 'fast'], 'It is a number from 0.'],
        [['--signing-key', 'whpk_AAAA'], 'whsec_'],
        [['--header', 'a: b', '--path-secret', 'c'], 'cannot be used with'],
      ];
      await Promise.all(
        misused.map(async ([words, reason]) => {
          const common = ['simulate', '--url', 'http://127.0.0.1:9'];
          const { code, stdout, stderr } = await runCallboard(...common, ...words);
          expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(reason)]);
        }),
      );
      expect(await runCallboard('simulate')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--url URL'),
      });
    },
  );
});

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A server that takes every callback and keeps the bodies. */
async function capture(): Promise<{ readonly url: string; readonly bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(Buffer.from(chunk));
    const isCallback = req.url === '/callbacks';
    if (isCallback) bodies.push(Buffer.concat(chunks).toString('utf8'));
    res.end(isCallback ? '{"outcome":"recorded"}' : '{"data":{}}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closeLater(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, bodies };
}

/** The gateway with one place of its sources changed. */
async function mainWith(file: string, from: string, to: string): Promise<string> {
  const build = await rolldown({
    cwd: ROOT,
    input: { 'broken-fold': 'src/main.ts' },
    platform: 'node',
    external: [/^@electric-sql\/pglite/, '@graphql-yoga/render-graphiql'],
    logLevel: 'silent',
    plugins: [
      {
        name: 'broken-fold',
        transform(code, id) {
          if (id !== join(ROOT, file)) return null;
          if (!code.includes(from)) throw new Error(`${file} has no ${from}`);
          return code.replace(from, to);
        },
      },
    ],
  });
  await build.write({ dir: inject('programs'), format: 'esm', chunkFileNames: 'broken-fold-[hash].js' });
  await build.close();
  return join(inject('programs'), 'broken-fold.js');
}
