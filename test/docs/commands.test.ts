import { beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/clients/client.ts';
import { command } from '../support/documents.ts';
import { runShell, runToEnd, startByShell } from '../support/shell.ts';
import { storeFolder } from '../support/stores/store-folder.ts';

/** `npm start` builds first, and PGlite makes its folder. */
const START_MS = 60_000;
const ANSWER_MS = 20_000;

let folder: string;
beforeAll(async () => {
  folder = await storeFolder();
});

const start = () => startByShell('npm start', { env: { PORT: '0', DATA_DIR: folder } }, START_MS);

/** A block of a page, sent to a gateway on another port. */
const blockFor = (url: string, name: string) => command(name).replaceAll('http://127.0.0.1:4000', url);

const answer = async (url: string, name: string): Promise<unknown> =>
  JSON.parse((await runToEnd(blockFor(url, name))).join(''));

describe("the README's minute", () => {
  it('shows a live change, and all is still there after a restart', { timeout: 180_000 }, async () => {
    const first = await start();
    const { lines } = runShell(blockFor(first.url, 'subscribe'));
    const nextChange = async () => {
      while (true) {
        const line = await lines.next(ANSWER_MS);
        if (line.startsWith('data: ')) return at(JSON.parse(line.slice(6)), 'data', 'sessionStatusChanged');
      }
    };
    expect(await nextChange()).toEqual({ kind: 'SNAPSHOT', stage: null, session: null });

    expect(await answer(first.url, 'post')).toEqual({ outcome: 'recorded', position: '1' });
    expect(await nextChange()).toEqual({
      kind: 'STATUS',
      stage: { name: 'ACCOUNTS', status: 'IN_PROGRESS' },
      session: { outcome: 'PENDING', nextAction: 'WAIT', version: 1 },
    });
    expect(await answer(first.url, 'post')).toEqual({ outcome: 'repeated', position: '1' });

    const queried = await answer(first.url, 'query');
    expect(at(queried, 'data', 'session')).toMatchObject({ outcome: 'PENDING', bank: { bic: 'BPKOPLPW' } });
    expect(await answer(first.url, 'poll')).toMatchObject({ stage: 'Accounts', status: 'InProgress' });
    expect(await runToEnd(blockFor(first.url, 'health'))).toEqual(['okok']);
    await first.stop();

    const second = await start();
    expect(await answer(second.url, 'query')).toEqual(queried);
    await second.stop();
  });
});
