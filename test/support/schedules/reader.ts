import { decodeCursor } from '../../../src/domain/cursor.ts';
import { at, type Operation, type Result, textAt } from '../clients/client.ts';
import { subscribeSse } from '../clients/subscribe-sse.ts';
import { type Subscribed, subscribeWs } from '../clients/subscribe-ws.ts';
import type { Message, State, Subscription } from './history.ts';
import { headersOf } from './viewers.ts';

/** One reader that keeps reading: it comes back with its newest cursor, wherever an instance answers. */
export interface Reader extends Subscription {
  readonly wire: 'ws' | 'sse';
  /** What it was not to be sent, or could not read. */
  readonly failures: readonly string[];
  /** Drops its connection; it comes back. */
  leave(): Promise<void>;
  stop(): Promise<void>;
}

export interface ReaderOptions extends Pick<Subscription, 'name' | 'of' | 'sessionId' | 'person'> {
  readonly wire: 'ws' | 'sse';
  /** Where an instance may be, asked again for each connection. */
  url(turn: number): string;
  onMessage(): void;
}

const SESSIONS = `subscription ($sessionId: ID, $after: String) {
  sessionStatusChanged(sessionId: $sessionId, after: $after) {
    cursor kind recovered
    session { sessionId userId version outcome stage { name status } accounts { accountNumber } }
  }
}`;
const PAYMENTS = `subscription ($after: String) {
  paymentStatusChanged(after: $after) {
    cursor kind recovered payment { paymentId version status user { externalId } }
  }
}`;
const LOG = `subscription ($after: String) {
  callbackRecorded(after: $after) { cursor recovered callback { position } }
}`;

/** Starts to read; resolves when it has its opening. */
export async function startReader(options: ReaderOptions): Promise<Reader> {
  const { of, sessionId, person, wire, url, onMessage } = options;
  const messages: Message[] = [];
  const failures: string[] = [];
  let cursor: string | null = null;
  let current: Subscribed | null = null;
  let stopped = false;
  let turn = 0;

  async function connect(): Promise<Subscribed> {
    const headers = await headersOf(person);
    const after = cursor;
    const operation: Operation = {
      query: of === 'log' ? LOG : of === 'payments' ? PAYMENTS : SESSIONS,
      variables: { ...(sessionId === null ? {} : { sessionId }), ...(wire === 'ws' ? { after } : {}) },
    };
    const to = url(turn++);
    if (wire === 'ws') return subscribeWs(to, { ...operation, connectionParams: headers });
    const resumed: Record<string, string> = after === null ? {} : { 'last-event-id': after };
    return subscribeSse(to, { ...operation, headers: { ...headers, ...resumed } });
  }

  async function read(): Promise<void> {
    while (!stopped) {
      try {
        current = await connect();
        while (!stopped) receive(await current.next(600_000));
      } catch (error) {
        // The end of a connection is no failure; a message that Callboard does not send is.
        if (error instanceof Unreadable) failures.push(error.message);
      }
      await current?.close().catch(() => {});
      current = null;
      // As clients do, it waits a little before the next.
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 70));
    }
  }

  function receive(result: Result): void {
    // The operation is over, as in an overload: it comes back.
    if (result.errors !== undefined) throw new Error(JSON.stringify(result.errors));
    try {
      const message = messageOf(result);
      cursor = textAt(result.extensions, 'cursor');
      messages.push(message);
    } catch (error) {
      throw new Unreadable(`${options.name} cannot read ${JSON.stringify(result)}: ${error}`);
    }
    onMessage();
  }

  const reading = read();
  return {
    ...options,
    messages,
    failures,
    leave: async () => void (await current?.close()),
    async stop() {
      stopped = true;
      await current?.close();
      await reading;
    },
  };
}

class Unreadable extends Error {}

function messageOf({ data }: Result): Message {
  const [field] = Object.keys(typeof data === 'object' && data !== null ? data : {});
  const change = at(data, field ?? '');
  const row = at(change, 'callback', 'position');
  return {
    at: performance.now(),
    position: decodeCursor(textAt(change, 'cursor'))?.position ?? -1,
    recovered: at(change, 'recovered') === true,
    isSnapshot: at(change, 'kind') === 'SNAPSHOT',
    state: stateOf(change),
    row: row === undefined ? null : Number(row),
    text: JSON.stringify(data),
  };
}

function stateOf(change: unknown): State | null {
  const session = at(change, 'session');
  if (session != null) {
    const stage = at(session, 'stage');
    return {
      of: 'session',
      id: textAt(session, 'sessionId'),
      version: Number(at(session, 'version')),
      shown: `${at(session, 'outcome')} ${at(stage, 'name')} ${at(stage, 'status')}`,
    };
  }
  const payment = at(change, 'payment');
  if (payment == null) return null;
  const version = Number(at(payment, 'version'));
  return { of: 'payment', id: textAt(payment, 'paymentId'), version, shown: textAt(payment, 'status') };
}
