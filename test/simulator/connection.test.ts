import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SCENARIOS_FOLDER } from '../../src/config/package-files.ts';
import { createConnection } from '../../src/simulator/connection.ts';
import { readScenario } from '../../src/simulator/scenario/read-scenario.ts';
import { query } from '../support/clients/client.ts';
import { startGateway } from '../support/gateways/gateway.ts';

const QUIET_MS = 50;

async function connectionTo(url: string) {
  const scenario = readScenario(await readFile(new URL('happy.json', SCENARIOS_FOLDER), 'utf8'), 'happy');
  const { signal } = new AbortController();
  const common = { scenario, seed: 1, number: 0, restartQuietMs: QUIET_MS, signal };
  return createConnection({ ...common, url, proof: { kind: 'none' } });
}

const shown = async (url: string, sessionId: string) => {
  const document = 'query ($id: ID!) { session(sessionId: $id) { outcome stage { name status } } }';
  return (await query(url, document, { id: sessionId })).data;
};

describe('a connection that is driven by hand', () => {
  it('repeats, overtakes, loses and begins again, and the state is right at the end', async () => {
    const gateway = await startGateway({ restartQuietMs: QUIET_MS });
    const connection = await connectionTo(gateway.url);
    const [first = { step: -1, run: -1, body: '' }] = await connection.next();
    expect(first).toMatchObject({ step: 0, run: 0, stage: 'Authentication', outcome: 'recorded' });
    expect(await connection.again(first)).toMatchObject([{ ...first, outcome: 'repeated' }]);
    expect(await connection.lose()).toMatchObject([{ step: 1, outcome: null }]);
    expect(await connection.reorder()).toMatchObject([
      { step: 3, stage: 'Accounts', status: 'Initiated', outcome: 'recorded' },
      { step: 2, stage: 'Authentication', status: 'Finished', outcome: 'recorded' },
    ]);
    while (connection.left() > 0) await connection.next();
    expect(await connection.next()).toEqual([]);
    const right = { session: { outcome: 'SUCCEEDED', stage: { name: 'TRANSACTIONS', status: 'FINISHED' } } };
    expect(await shown(gateway.url, connection.subject.id)).toEqual(right);

    expect(await connection.restart()).toMatchObject([
      { step: 0, run: 1, body: first.body, outcome: 'late' },
    ]);
    const acts = [connection.next(), connection.again(first), connection.reorder()];
    expect((await Promise.all(acts)).flat().map(({ step }) => step)).toEqual([1, 0, 3, 2]);
    while (connection.left() > 0) await connection.next();
    expect(await shown(gateway.url, connection.subject.id)).toEqual(right);
    await gateway.close();
  });
});
