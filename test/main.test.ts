import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fields } from './support/builders/samples.ts';
import { postCallback, query, send } from './support/clients/client.ts';
import { closeLater } from './support/closing.ts';
import { runToExit, spawnGateway } from './support/gateways/gateway.ts';
import { emptyStore } from './support/stores/empty-store.ts';
import { eachStore } from './support/stores/stores.ts';

eachStore('the process', (store) => {
  it('ends with 0 on SIGTERM, keeps what it answered, and finds it when started again', async () => {
    const first = await spawnGateway(store.env());
    expect((await postCallback(first.url, fields('session-status'))).status).toBe(200);
    expect(await first.terminate()).toEqual({ code: 0, signal: null });

    const startedAt = performance.now();
    const second = await spawnGateway(store.env());
    expect((await send(`${second.url}/readyz`)).text).toBe('ok');
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    const { data } = await query(second.url, '{ sessions { edges { node { sessionId } } } }');
    expect(data).toEqual({
      sessions: { edges: [{ node: { sessionId: fields('session-status').sessionId } }] },
    });
    expect(await second.terminate()).toEqual({ code: 0, signal: null });
  });
});

describe('the process', () => {
  it('names every fault of its configuration at once and exits with 1', async () => {
    const { code, output } = await runToExit({ PORT: 'x', LOG_LEVEL: 'loud', HOST: '0.0.0.0' });
    expect(code).toBe(1);
    for (const variable of ['PORT', 'LOG_LEVEL', 'HOST']) expect(output).toContain(`  ${variable}: `);
  });

  it('says in one line that its port is taken and exits with 1', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    closeLater(async () => {
      squatter.close();
      await once(squatter, 'close');
    });
    await once(squatter, 'listening');
    const address = squatter.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, output } = await runToExit({ PORT: String(port), DATA_DIR: await emptyStore() });
    expect(code).toBe(1);
    expect(output.trim().split('\n')).toEqual([
      `callboard: Cannot listen on 127.0.0.1:${port}: something else listens there: stop it, or set another PORT.`,
    ]);
  });

  it('says in one line that its folder is in use and exits with 1', async () => {
    const folder = await emptyStore();
    await spawnGateway({ DATA_DIR: folder });
    const { code, output } = await runToExit({ PORT: '0', DATA_DIR: folder });
    expect(code).toBe(1);
    expect(output).toMatch(/^callboard: .*\n$/);
  });

  it('says loudly that it is open, and what PGlite does not promise', async () => {
    const gateway = await spawnGateway({ DATA_DIR: 'memory' });
    await gateway.terminate();
    expect(gateway.output()).toContain('MODE=explore');
    expect(gateway.output()).toContain('nothing is kept');
  });
});
