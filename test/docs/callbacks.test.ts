import { createHmac, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { at, postCallback, query, send } from '../support/clients/client.ts';
import { FENCES, runRecipe } from '../support/documents.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';

const EXAMPLES = FENCES.filter(({ page, marks }) => page === 'docs/callbacks.md' && marks.has('answer'));

describe('an example of docs/callbacks.md', () => {
  let gateway: StartedGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });

  it.each(EXAMPLES.map(({ marks, code }, index) => [index + 1, marks.get('answer'), code] as const))(
    'is answered as the page says: number %i, %s',
    async (_, outcome, code) => {
      const { status, json } = await postCallback(gateway.url, code);
      expect(status).toBe(200);
      expect(json).toMatchObject({ outcome });
    },
  );

  it('with details that cannot be read names each of them', async () => {
    const { json } = await query(gateway.url, '{ callbacks { edges { node { faults { path } } } } }');
    const paths = JSON.stringify(at(json, 'data', 'callbacks', 'edges'));
    expect(paths).toContain('/isSca');
    expect(paths).toContain('/details/accounts/0/accountNumber');
  });
});

describe('the signature of docs/callbacks.md', () => {
  it('is taken for authentic, and no other body under it', async () => {
    const key = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const { callback } = readConfig({ CALLBACK_SIGNING_KEYS: key });
    const { url } = await startGateway({ callback });
    // cast: recipes are JavaScript; the test fails where one does not do what its type here says.
    const signedHeaders = runRecipe('sign', 'signedHeaders', url, { createHmac, randomUUID }) as (
      key: string,
      body: string,
    ) => Record<string, string>;
    const [body = ''] = EXAMPLES.map(({ code }) => code);
    const headers = { 'content-type': 'application/json', ...signedHeaders(key, body) };
    const post = (text: string) => send(`${url}/callbacks`, { method: 'POST', headers, body: text });
    expect((await post(`${body} `)).status).toBe(401);
    expect((await post(body)).status).toBe(200);
  });
});
