import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBoxScenarios } from '../../src/commands/box-scenarios.ts';
import { bodyOf } from '../../src/simulator/plan/bodies.ts';
import { createSubjects } from '../../src/simulator/plan/subject.ts';
import { ScenarioFile } from '../../src/simulator/scenario/scenario.ts';
import { fields } from '../support/builders/samples.ts';
import { postCallback } from '../support/clients/client.ts';
import { runCallboard } from '../support/clients/command.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { ACCOUNTANT, bearer, startProduction } from '../support/gateways/production.ts';
import { longOr } from '../support/long.ts';
import { eachStore } from '../support/stores/stores.ts';
import { tempFolder } from '../support/stores/temp-folder.ts';

const QUIET_MS = '150';
const MARK = 'CANARY';

const exportOf = async (url: string, sessionId: string, ...words: readonly string[]) => {
  const { code, stdout, stderr } = await runCallboard(
    'export',
    '--url',
    url,
    '--session',
    sessionId,
    ...words,
  );
  if (code !== 0) throw new Error(stderr);
  return stdout;
};

/** Plays a scenario on a gateway that has nothing of it; the comparison with its `expect` gives the code. */
async function replay(url: string, text: string, seed = 1): Promise<void> {
  const file = join(await tempFolder(), 'exported.json');
  await writeFile(file, text);
  const words = [
    '--scenario',
    file,
    '--seed',
    String(seed),
    '--sessions',
    '1',
    '--speed',
    '0',
    '--restart-quiet',
    QUIET_MS,
  ];
  const { code, stdout, stderr } = await runCallboard('simulate', '--url', url, ...words);
  expect([code, stdout + stderr]).toEqual([0, expect.stringContaining('compared: 1; 1 as expected')]);
}

describe('callboard export', () => {
  it(
    'gives a scenario of each kind of session, and its replay ends in the same state',
    async () => {
      const settings = { restartQuietMs: Number(QUIET_MS) };
      const [from, to] = [await startGateway(settings), await startGateway(settings)];
      const scenarios = (await readBoxScenarios()).filter(({ sessions = [] }) => sessions.length > 0);
      const all = scenarios.filter(({ name }) => name !== 'storm');
      const subjects = createSubjects(3, all, all.length * longOr(4, 1));
      for (const subject of subjects) {
        for (const [place, step] of subject.part.steps.entries()) {
          if ('restart' in step && step.restart === true)
            await new Promise((resolve) => setTimeout(resolve, Number(QUIET_MS) + 50));
          expect((await postCallback(from.url, bodyOf(subject, place))).status).toBe(200);
        }
      }
      for (const [number, { id }] of subjects.entries()) {
        const text = await exportOf(from.url, id, ...(number % 2 === 0 ? ['--masked'] : []));
        await replay(to.url, text, number);
      }
    },
    longOr(300_000, 60_000),
  );

  it('ends with 1 where there is no such session', async () => {
    const { url } = await startGateway();
    expect(await runCallboard('export', '--url', url, '--session', 'x')).toMatchObject({
      code: 1,
      stderr: 'callboard: there is no such session, or it is not one that this token may see\n',
    });
  });
});

eachStore('callboard export --masked', (on) => {
  it('has no account number, person, id or token of the original, and its replay ends in the same state', async () => {
    const gateway = await startProduction(on, { dataDir: on.folder });
    const ids = {
      ...{ sessionId: `session-${MARK}`, sessionExternalId: `external-${MARK}`, userId: `user-${MARK}` },
    };
    const number = 'BE71 0961 2345 6769';
    const account = {
      ...{ accountNumber: number, accountType: `type-${MARK}`, manualAccountRelation: `her-${MARK}` },
      accountRelation: [{ name: `name-${MARK}` }],
    };
    const other = { ...account, accountNumber: `${MARK}-0002` };
    const unknown = { token: `token-${MARK}`, note: MARK };
    const bank = {
      id: `bank-${MARK}`,
      secondaryIdentifiers: [
        { type: '1', value: MARK },
        { type: '9', value: number },
      ],
    };
    const whole = { ...ids, ...unknown, bank, bankId: bank.id };
    const status = { ...fields('session-status'), ...whole };
    const page = {
      ...fields('transactions-page'),
      ...ids,
      ...unknown,
      bankId: bank.id,
      accountId: `account-${MARK}`,
    };
    await gateway.deliver({ ...status, stage: 'Authentication', status: 'Initiated' });
    await gateway.deliver({ ...status, stage: 'Authentication', status: 'Finished' });
    await gateway.deliver({
      ...status,
      stage: 'Accounts',
      status: 'Finished',
      details: { accounts: [account, other] },
    });
    await gateway.deliver({ ...page, stage: 'Transactions', status: 'InProgress', transactionStatus: MARK });
    await gateway.deliver({
      ...status,
      stage: 'Transactions',
      status: 'Failed',
      details: { accounts: [account] },
    });
    const { authorization } = await bearer(ACCOUNTANT);
    const token = authorization.replace('Bearer ', '');

    const text = await exportOf(gateway.url, ids.sessionId, '--masked', '--token', token);
    expect(text).not.toContain(MARK);
    expect(text.replace(/\s/g, '')).not.toContain(number.replace(/\s/g, ''));
    expect(text).not.toContain(token);
    const [part] = ScenarioFile.parse(JSON.parse(text)).sessions ?? [];
    expect(part?.expect).toMatchObject({ outcome: 'PARTIALLY_SUCCEEDED', accounts: 2, pages: 1 });
    const whom = await exportOf(gateway.url, ids.sessionId, '--token', token);
    expect(whom).toContain(`user-${MARK}`);
    expect(whom).toContain(number);
    const to = await startGateway({ restartQuietMs: Number(QUIET_MS) });
    await replay(to.url, text);
  });
});
