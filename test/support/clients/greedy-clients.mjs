// Clients that never wait: each of their connections sends its next request as soon as the last was answered. A
// process of its own (fork), so that what they cost is not measured with what runs beside them.
// argv: one JSON text { url, connections, requests: [{ authorization, body }] }, connections for each request;
// each answer of 200 is sent as an IPC message; one that comes in ends it, and its counts by status are the last.
import { Agent, request } from 'node:http';

const { url, connections, requests } = JSON.parse(process.argv[2]);
const statuses = {};
const agents = [];
let isOver = false;

for (const { authorization, body } of requests) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  agents.push(agent);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(authorization === undefined ? {} : { authorization }),
  };
  for (let n = 0; n < connections; n++) sendOn({ agent, headers, body });
}
process.once('message', () => {
  isOver = true;
  for (const agent of agents) agent.destroy();
  process.send({ statuses }, () => process.disconnect());
});
process.once('disconnect', () => process.exit());
process.send('sending');

function sendOn({ agent, headers, body }) {
  if (isOver) return;
  const done = (status) => {
    if (isOver) return;
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === 200) process.send('answered');
    sendOn({ agent, headers, body });
  };
  request(`${url}/graphql`, { method: 'POST', agent, headers }, (response) => {
    response.resume();
    response.once('end', () => done(response.statusCode));
    response.once('error', () => done('broken'));
  })
    .once('error', () => setImmediate(done, 'broken'))
    .end(body);
}
