import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { postCallback, query } from '../support/clients/client.ts';
import { startGateway } from '../support/gateways/gateway.ts';

const REQUESTS = 12;
/** Of each answer: the kernels take some of them from the gateway although nobody reads. */
const BYTES = 1_600_000;
const PIPED = '{ callbacks(first: 8) { edges { node { body } } } }';

it('queries that are pipelined are executed one at a time, as their client takes the answers', async () => {
  let executed = 0;
  const counting = {
    onExecute({ args }: { readonly args: { readonly operationName?: string | null } }) {
      if (args.operationName === 'Piped') executed += 1;
    },
  };
  const { url } = await startGateway({}, { plugins: [counting] });
  for (let n = 0; n < 8; n += 1)
    await postCallback(url, {
      ...fields('session-status'),
      sessionId: `s-${n}`,
      filler: 'x'.repeat(BYTES / 8),
    });

  const text = JSON.stringify({ query: `query Piped ${PIPED}`, operationName: 'Piped' });
  const head = 'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).pause();
  await once(socket, 'connect');
  socket.write(`${head}Content-Length: ${text.length}\r\n\r\n${text}`.repeat(REQUESTS));

  for (let n = 0; n < 200; n += 1) await query(url, '{ __typename }');
  expect(executed).toBeGreaterThan(0);
  expect(executed).toBeLessThan(REQUESTS / 2);

  let answers = 0;
  for await (const chunk of socket) {
    answers += String(chunk).split('HTTP/1.1 200 OK').length - 1;
    if (answers === REQUESTS) break;
  }
  expect(executed).toBe(REQUESTS);
  socket.destroy();
});
