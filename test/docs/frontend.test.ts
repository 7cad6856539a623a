import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createServer } from 'vite';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { at, query } from '../support/clients/client.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeLater } from '../support/closing.ts';
import { FENCES, ROOT, recipe } from '../support/documents.ts';
import { startGateway } from '../support/gateways/gateway.ts';

/** As `tsc --init` writes it, and what a frontend's build sets beside it. */
const STRICT = {
  strict: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: true,
  target: 'es2022',
  module: 'esnext',
  moduleResolution: 'bundler',
  lib: ['es2023', 'dom', 'dom.iterable'],
  types: [],
};

it('the recipes in TypeScript compile in strict mode', async () => {
  // Within the package, so that the types of the clients are found.
  const folder = join(ROOT, 'node_modules', `.callboard-recipes-${process.pid}`);
  await mkdir(folder, { recursive: true });
  closeLater(() => rm(folder, { recursive: true, force: true }));
  const names = FENCES.filter(
    ({ page, language }) => page === 'docs/frontend.md' && language === 'ts',
  ).flatMap(({ marks }) => marks.get('recipe') ?? []);
  expect(names).toEqual(['callboard', 'apollo', 'urql', 'relay', 'tanstack', 'graphql-sse', 'reopening']);
  for (const name of names) await writeFile(join(folder, `${name}.ts`), recipe(name));
  const files = names.map((name) => `${name}.ts`);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: STRICT, files }));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const done = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch((error) => error);
  expect(done.stdout).toBe('');
}, 60_000);

it("Vite's dev server passes queries and subscriptions on, by the page's configuration", async () => {
  const gateway = await startGateway();
  const code = recipe('vite').replace('export default', 'const config =');
  const config = z.record(z.string(), z.unknown()).parse(viteConfig(code, gateway.url));
  const proxy = z
    .record(z.string(), z.object({ target: z.string(), ws: z.boolean() }))
    .parse(at(config, 'server', 'proxy'));
  const webpack = { exports: {} };
  new Function('module', recipe('webpack'))(webpack);
  const target = 'http://127.0.0.1:4000';
  expect(webpack.exports).toEqual({ devServer: { proxy: [{ context: ['/graphql'], target, ws: true }] } });
  const vite = await createServer({
    configFile: false,
    root: join(ROOT, 'test/fixtures'),
    logLevel: 'silent',
    server: { host: '127.0.0.1', port: 0, proxy, watch: null, hmr: false },
    optimizeDeps: { noDiscovery: true },
  });
  closeLater(() => vite.close());
  await vite.listen();
  const address = vite.httpServer?.address();
  if (typeof address !== 'object' || address === null) throw new Error('Vite has no address');
  const url = `http://127.0.0.1:${address.port}`;
  const headers = { origin: url };
  expect((await query(url, '{ viewer { isOperator } }', {}, headers)).data).toEqual({
    viewer: { isOperator: true },
  });
  const subscribed = await subscribeWs(url, {
    query: 'subscription { sessionStatusChanged { kind } }',
    headers,
  });
  expect(at((await subscribed.next()).data, 'sessionStatusChanged', 'kind')).toBe('SNAPSHOT');
  await subscribed.close();
}, 60_000);

function viteConfig(code: string, url: string): unknown {
  return new Function(`${code.replaceAll('127.0.0.1:4000', new URL(url).host)}\nreturn config;`)();
}
