// What docs/operations.md says of sizes: records a simulated aggregator's callbacks in an empty database, and opens
// subscriptions. Prints the processor time of a callback, the disk of a million, and the memory of a subscription.
//   npm run build && node scripts/sizing.mjs postgres://postgres@127.0.0.1:5432/empty [sessions] [subscriptions]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { WebSocket } from 'ws';

const [databaseUrl, sessions = '15000', subscriptions = '2000'] = process.argv.slice(2);
const TICK_MS = 10;
/** Callbacks, and the connections that they are sent over, where the gateway is loaded as far as it goes. */
const LOAD = 20_000;
const CONNECTIONS = 64;
/** After this time garbage of the openings is collected, as far as it will be. */
const SETTLES_MS = 10_000;

const env = {
  ...process.env,
  DATABASE_URL: databaseUrl,
  PORT: '0',
  LOG_LEVEL: 'info',
  LAME_DUCK_MS: '0',
  DRAIN_MS: '0',
};
const gateway = spawn(process.execPath, ['dist/main.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise((resolve) => {
  createInterface({ input: gateway.stdout }).on('line', (line) => {
    const found = /"url":"(http[^"]+)"/.exec(line)?.[1];
    if (found !== undefined) resolve(found);
  });
});

const cpuMs = () => {
  const fields = readFileSync(`/proc/${gateway.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};
const residentMiB = () =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))[1]) / 1024;

const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
const size = async () => Number((await sql`select pg_database_size(current_database()) as size`)[0].size);
const tables = () => sql`select relname as table, pg_total_relation_size(oid) as bytes
  from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 2 desc`;

const [emptyBytes, cpuBefore, began] = [await size(), cpuMs(), performance.now()];
const words = [
  'simulate',
  '--url',
  url,
  '--speed',
  '0',
  '--scenario',
  'happy',
  '--sessions',
  sessions,
  '--json',
];
const simulated = spawn(process.execPath, ['dist/callboard.js', ...words], {
  stdio: ['ignore', 'ignore', 'ignore'],
});
const [code] = await once(simulated, 'exit');
const [took, cpu] = [performance.now() - began, cpuMs() - cpuBefore];
const [{ count, bodies }] =
  await sql`select count(*)::int as count, avg(length(body))::int as bodies from callbacks`;
await sql`checkpoint`;
const bytes = (await size()) - emptyBytes;
console.log(`simulate ended with ${code}: ${count} callbacks of ${bodies} bytes on average`);
console.log(
  `${Math.round((count / took) * 1000)} callbacks/s, ${Math.round((cpu / count) * 1000)} µs of processor time each`,
);
console.log(`disk of a million: ${(((bytes / count) * 1e6) / 1e9).toFixed(2)} GB`);
for (const row of await tables())
  console.log(`  ${row.table}: ${Math.round(row.bytes / count)} bytes a callback`);

// As fast as it takes them: each connection sends the next callback when the last one is answered.
const sample = JSON.parse(readFileSync('test/fixtures/session-status.json', 'utf8'));
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
let left = LOAD;
const load = async () => {
  while (left > 0) {
    left -= 1;
    const body = JSON.stringify({ ...sample, sessionId: `load-${left}` });
    const post = request(`${url}/callbacks`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json' },
    });
    post.end(body);
    const [answer] = await once(post, 'response');
    if (answer.statusCode !== 200) throw new Error(`a callback was answered ${answer.statusCode}`);
    answer.resume();
    await once(answer, 'end');
  }
};
const [loadBegan, loadCpu] = [performance.now(), cpuMs()];
await Promise.all(Array.from({ length: CONNECTIONS }, load));
const [loadTook, loadCost] = [performance.now() - loadBegan, cpuMs() - loadCpu];
console.log(
  `over ${CONNECTIONS} connections: ${Math.round((LOAD / loadTook) * 1000)} callbacks/s, ${Math.round((loadCost / LOAD) * 1000)} µs each`,
);
agent.destroy();

const before = residentMiB();
const query =
  'subscription ($id: ID) { sessionStatusChanged(sessionId: $id) { cursor kind session { outcome } } }';
const ids = await sql`select session_id as id from sessions limit ${Number(subscriptions)}`;
const sockets = [];
for (const { id } of ids) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  sockets.push(socket);
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { id } } }));
  await once(socket, 'message');
}
await pause(SETTLES_MS);
const held = residentMiB();
console.log(
  `memory: ${Math.round(before)} MiB after the callbacks, ${Math.round(held)} MiB with ${sockets.length}`,
);
console.log(
  `WebSockets and their subscriptions: ${(((held - before) * 1024) / sockets.length).toFixed(1)} KiB each`,
);
for (const socket of sockets) socket.terminate();
gateway.kill('SIGTERM');
await sql.end();
