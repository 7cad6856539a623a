// Thousands of readers, each of its own session, and the aggregator that changes those sessions: in a process of their
// own (fork), so that what they cost is not measured with what runs beside them. Raw sockets, because a library's
// WebSocket or HTTP client costs as much as the gateway's side of it. What the commands do: see crowd.ts.
// An IPC message { id, does, ...args } is answered by { id, result }, or by { id, failed }.
import { connect } from 'node:net';

const QUERY = `subscription ($id: ID!, $after: String) {
  sessionStatusChanged(sessionId: $id, after: $after) {
    cursor kind recovered changedAt
    session { sessionId version outcome nextAction stage { name status progress { done total } } }
  }
}`;
const HANDSHAKE =
  'GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
  'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n';
const TEXT = 1;
const PING = 9;
const PONG = 10;
/** What was refused, or answered 503, is tried again after this time. */
const AGAIN_MS = 250;
/** Of the aggregator. */
const CONNECTIONS = 64;

const readers = [];
/** What must not be: anything lost, twice or out of order. */
const faults = [];
/** From a callback to the reader of its session, and from a lost connection to the newest state. */
let [latencies, comebacks] = [[], []];
/** Connections that were refused, and callbacks that were answered 503. */
let again = 0;
/** The port that readers come back to when their connection ends; null: they wait. */
let comesBackTo = null;
/** Called when a reader has received something. */
let onReceived = () => {};

class Reader {
  constructor(sessionId) {
    this.sessionId = sessionId;
    this.socket = null;
    this.hasOpened = false;
    this.cursor = null;
    this.position = 0;
    this.version = 0;
    /** When each version was sent to the gateway: nobody else changes this session. */
    this.sentAt = [];
    /** When its connection ended, or when it was let come back; null once it has the newest state again. */
    this.lostAt = null;
    /** Whether it was told to come later. */
    this.isRefused = false;
  }

  get isUpToDate() {
    return this.hasOpened && this.lostAt === null && this.version === this.sentAt.length;
  }

  connectTo(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let waiting = Buffer.alloc(0);
    let isAdmitted = false;
    const take = (bytes) => {
      if (isAdmitted) return this.takeFrames(bytes);
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return bytes;
      isAdmitted = bytes.toString('latin1', 0, 12) === 'HTTP/1.1 101';
      if (!isAdmitted) socket.destroy();
      else socket.write(frameOf(TEXT, '{"type":"connection_init"}'));
      return this.takeFrames(bytes.subarray(end + 4));
    };
    socket.write(HANDSHAKE);
    socket.on('data', (chunk) => {
      waiting = take(waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]));
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.socket = null;
      if (this.hasOpened) this.lostAt ??= performance.now();
      const to = this.hasOpened ? comesBackTo : port;
      if (to === null) return;
      const isLost = isAdmitted && !this.isRefused && this.hasOpened;
      if (isLost) return this.connectTo(to);
      again += 1;
      setTimeout(() => this.connectTo(to), AGAIN_MS);
    });
    this.socket = socket;
    this.isRefused = false;
  }

  /** Gives what is left of the bytes. */
  takeFrames(bytes) {
    let rest = bytes;
    for (let frame = firstFrame(rest); frame !== null; frame = firstFrame(rest)) {
      rest = rest.subarray(frame.end);
      if (frame.opcode === PING) this.socket.write(frameOf(PONG, ''));
      if (frame.opcode === TEXT) this.take(JSON.parse(frame.text));
    }
    return rest;
  }

  take({ type, payload }) {
    if (type === 'connection_ack') {
      const variables = { id: this.sessionId, after: this.cursor };
      const subscribe = { id: '1', type: 'subscribe', payload: { query: QUERY, variables } };
      this.socket.write(frameOf(TEXT, JSON.stringify(subscribe)));
    } else if (type === 'next' && payload.errors === undefined) {
      this.receive(payload.data.sessionStatusChanged);
      onReceived(this);
    } else if (type === 'error' && payload[0].extensions.retryable) {
      this.isRefused = true;
      this.socket.destroy();
    } else this.fault(JSON.stringify(payload));
  }

  receive({ cursor, kind, recovered, session }) {
    const now = performance.now();
    const isOpening = !this.hasOpened;
    const [position, version] = [positionOf(cursor), session?.version ?? 0];
    if (kind === 'SNAPSHOT' && !(isOpening && recovered)) this.fault('had to start over');
    if (session !== null && session.sessionId !== this.sessionId) this.fault(`was sent ${session.sessionId}`);
    if (!isOpening) {
      if (position <= this.position) this.fault(`was sent position ${position} after ${this.position}`);
      // A reader that has been away is sent the newest state; one that is there, each.
      const isNext = this.lostAt === null ? version === this.version + 1 : version > this.version;
      if (!isNext) this.fault(`was sent version ${version} after ${this.version}`);
      if (this.lostAt === null) latencies.push(now - this.sentAt[version - 1]);
    }
    Object.assign(this, { hasOpened: true, cursor, position, version });
    if (this.lostAt === null || version !== this.sentAt.length) return;
    comebacks.push(now - this.lostAt);
    this.lostAt = null;
  }

  fault(what) {
    faults.push(`${this.sessionId} ${what}`);
  }
}

/** A frame of a client (RFC 6455 §5.2), masked by zeros: these leave the text as it is. */
function frameOf(opcode, text) {
  const length = Buffer.byteLength(text);
  const start = length < 126 ? 6 : 8;
  const frame = Buffer.alloc(start + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | Math.min(length, 126);
  if (length >= 126) frame.writeUInt16BE(length, 2);
  frame.write(text, start);
  return frame;
}

/** The first whole frame of a server; null where there is none yet. */
function firstFrame(bytes) {
  if (bytes.length < 2) return null;
  const isShort = bytes[1] < 126;
  if (bytes[1] > 126) throw new Error('no message is that long');
  if (!isShort && bytes.length < 4) return null;
  const start = isShort ? 2 : 4;
  const end = start + (isShort ? bytes[1] : bytes.readUInt16BE(2));
  return bytes.length < end ? null : { opcode: bytes[0] & 15, text: bytes.toString('utf8', start, end), end };
}

const positionOf = (cursor) => Number(Buffer.from(cursor, 'base64url').toString('latin1').split('.')[1]);

/** Keep-alive connections to one gateway, each with one callback at a time; what finds none free waits. */
class Aggregator {
  constructor(port) {
    this.unanswered = 0;
    this.waiting = [];
    this.sockets = Array.from({ length: CONNECTIONS }, () => this.connectTo(port));
    this.free = [...this.sockets];
    this.onAnswered = () => {};
  }

  connectTo(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const head = answer.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 0);
      if (head < 0 || answer.length < head + 4 + length) return;
      const { body } = socket;
      this.free.push(socket);
      this.answered(body, Number(answer.slice(9, 12)), answer.slice(head + 4));
      answer = '';
      this.sendWaiting();
    });
    socket.on('error', (error) => faults.push(`a callback's connection: ${error.message}`));
    return socket;
  }

  /** Sends a callback that changes the session of a reader. */
  change({ sessionId, sentAt }) {
    const transactionsCount = sentAt.push(performance.now());
    this.unanswered += 1;
    this.send(
      JSON.stringify({
        ...{ sessionId, userId: 'user-anna', bankId: 'bank-75', stage: 'Transactions', status: 'InProgress' },
        ...{ accountId: 'account-1', transactionStatus: 'Booked', transactionsCount },
      }),
    );
  }

  send(body) {
    this.waiting.push(body);
    this.sendWaiting();
  }

  sendWaiting() {
    while (this.free.length > 0 && this.waiting.length > 0) {
      const socket = this.free.pop();
      socket.body = this.waiting.shift();
      const head = `POST /callbacks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${socket.body.length}`;
      socket.write(`${head}\r\n\r\n${socket.body}`);
    }
  }

  answered(body, status, answer) {
    if (status === 503) {
      again += 1;
      setTimeout(() => this.send(body), AGAIN_MS);
      return;
    }
    if (status !== 200 || !answer.includes('"recorded"')) faults.push(`a callback: ${status} ${answer}`);
    this.unanswered -= 1;
    if (this.unanswered === 0) this.onAnswered();
  }

  async close() {
    if (this.unanswered > 0) {
      await new Promise((resolve) => {
        this.onAnswered = resolve;
      });
    }
    for (const socket of this.sockets) socket.destroy();
  }
}

/** Resolves when it holds for each of these readers, or after a time, with the number of those for which it does not. */
function until(some, holds, withinMs) {
  const left = new Set(some.filter((reader) => !holds(reader)));
  if (left.size === 0) return 0;
  return new Promise((resolve) => {
    const end = () => {
      onReceived = () => {};
      clearTimeout(late);
      resolve(left.size);
    };
    const late = setTimeout(end, withinMs);
    onReceived = (reader) => {
      if (holds(reader) && left.delete(reader) && left.size === 0) end();
    };
  });
}

function summed(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.ceil(sorted.length * share) - 1] ?? null;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}

const does = {
  async open({ port, count, withinMs }) {
    const own = Array.from(
      { length: count },
      (_, n) => new Reader(`crowd-${process.pid}-${readers.length + n}`),
    );
    readers.push(...own);
    for (const reader of own) reader.connectTo(port);
    return until(own, ({ hasOpened }) => hasOpened, withinMs);
  },
  async change({ port, count, perSecond }) {
    const aggregator = new Aggregator(port);
    const began = performance.now();
    await new Promise((resolve) => {
      let sent = 0;
      const timer = setInterval(() => {
        const due = perSecond === null ? count : ((performance.now() - began) / 1_000) * perSecond;
        for (; sent < Math.min(due, count); sent += 1) aggregator.change(readers[sent % readers.length]);
        if (sent < count) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
    await aggregator.close();
    return performance.now() - began;
  },
  async comeBackTo({ port }) {
    comesBackTo = port;
    if (port === null) return;
    for (const reader of readers) {
      if (reader.socket !== null) continue;
      reader.lostAt = performance.now();
      reader.connectTo(port);
    }
  },
  upToDate: async ({ withinMs }) => until(readers, ({ isUpToDate }) => isUpToDate, withinMs),
  async report() {
    const report = {
      faults: faults.slice(0, 10),
      latency: summed(latencies),
      comeback: summed(comebacks),
      again,
    };
    [latencies, comebacks, again] = [[], [], 0];
    return report;
  },
};

process.on('message', ({ id, does: what, ...args }) => {
  does[what](args).then(
    (result) => process.send({ id, result }),
    (error) => process.send({ id, failed: String(error.stack) }),
  );
});
process.once('disconnect', () => process.exit());
