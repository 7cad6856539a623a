import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parse, print } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readDocuments } from '../../src/config/documents.ts';
import { at, send } from '../support/clients/client.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';

const TOOLS = ['codegen', 'relay', 'apollo'] as const;
type Tool = (typeof TOOLS)[number];

const fileOf = (tool: Tool): string =>
  fileURLToPath(new URL(`../fixtures/trusted-documents/${tool}.json`, import.meta.url));
const VARIABLES = { sessionId: 'unknown-session' };
/** A person: operators may send any document. */
const HEADERS = { 'content-type': 'application/json', 'callboard-as': 'anna' };

function listOf(tool: Tool) {
  const documents = readDocuments(fileOf(tool));
  if (documents === undefined) throw new Error(`the list of ${tool} cannot be read`);
  const [query, subscription] = ['query', 'subscription'].map((kind) => {
    const found = [...documents.byId].find(([, text]) => new RegExp(`\\b${kind} \\w+\\(`).test(text));
    if (found === undefined) throw new Error(`no ${kind} in the list of ${tool}`);
    return { id: found[0], text: found[1] };
  });
  return { documents, query: z.object({ id: z.string(), text: z.string() }).parse(query), subscription };
}

describe.each(TOOLS)('TRUSTED_DOCUMENTS as %s writes it', (tool) => {
  const { documents, query, subscription } = listOf(tool);
  let gateway: StartedGateway;
  beforeAll(async () => {
    gateway = await startGateway({ trustedDocuments: documents });
  });
  const post = async (body: object) => {
    const answer = await send(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify({ variables: VARIABLES, ...body }),
    });
    return {
      status: answer.status,
      data: at(answer.json, 'data'),
      code: at(answer.json, 'errors', 0, 'extensions', 'code'),
    };
  };
  const answered = { status: 200, data: { session: null }, code: undefined };

  it('admits the text as it is written there, as graphql-js prints it, and as caching clients send it', async () => {
    const printed = print(parse(query.text));
    const withTypes = printed.replaceAll(/(sessionId: \$sessionId\)|stages) \{/g, '$1 { __typename');
    for (const text of [query.text, printed, withTypes, `# comment\n${printed}`])
      expect(await post({ query: text })).toEqual(answered);
    expect(await post({ query: printed.replace('version', 'version userId') })).toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await post({ query: '{ not graphql' })).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('admits its id in each way that clients send one, by POST and GET', async () => {
    const { id } = query;
    const persistedQuery = { version: 1, sha256Hash: id };
    for (const body of [{ documentId: id }, { doc_id: id }, { id }, { extensions: { persistedQuery } }])
      expect(await post(body)).toEqual(answered);
    expect(await post({ query: null, documentId: id })).toEqual(answered);
    const sha256Hash = createHash('sha256')
      .update(print(parse(query.text)))
      .digest('hex');
    expect(await post({ extensions: { persistedQuery: { version: 1, sha256Hash } } })).toEqual(answered);
    const search = new URLSearchParams({ documentId: id, variables: JSON.stringify(VARIABLES) });
    const got = await send(`${gateway.url}/graphql?${search}`, { headers: { 'callboard-as': 'anna' } });
    expect(got.json).toEqual({ data: { session: null } });
    expect(await post({ documentId: 'unknown' })).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(await post({ query: '{ viewer { userId } }', documentId: id })).toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('opens a subscription over a WebSocket by its id', async () => {
    const subscribed = await subscribeWs(gateway.url, {
      query: '',
      variables: VARIABLES,
      extensions: { persistedQuery: { version: 1, sha256Hash: subscription?.id } },
      connectionParams: { as: 'anna' },
    });
    expect(at((await subscribed.next()).data, 'sessionStatusChanged', 'kind')).toBe('SNAPSHOT');
    await subscribed.close();
  });
});
