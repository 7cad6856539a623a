import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { send } from '../support/clients/client.ts';
import { FENCES, ROOT } from '../support/documents.ts';
import { LONG } from '../support/long.ts';
import { runToEnd, startByShell } from '../support/shell.ts';
import { tempFolder } from '../support/stores/temp-folder.ts';

const [start = '', test = ''] = FENCES.filter(
  ({ page, marks }) => page === 'README.md' && marks.get('by') === 'ci',
).map(({ code }) => code.trim());

it("the README's two commands of a clone are one line each", () => {
  expect([start, test]).toEqual(['npm ci && npm start', 'npm ci && npm test']);
});

it.runIf(LONG)(
  "the README's two commands run in a fresh clone: the gateway answers, and the tests pass",
  async () => {
    const cwd = join(await tempFolder(), 'clone');
    execFileSync('git', ['clone', '--quiet', ROOT, cwd]);
    const gateway = await startByShell(start, { cwd, env: { PORT: '0' } }, 180_000);
    expect((await send(`${gateway.url}/readyz`)).status).toBe(200);
    await gateway.stop();
    // One file stands for all: the whole suite would run itself.
    const lines = await runToEnd(`${test} -- test/logger.test.ts`, { cwd });
    expect(lines.join('\n')).toMatch(/\d+ passed, 0 failed/);
  },
  400_000,
);
