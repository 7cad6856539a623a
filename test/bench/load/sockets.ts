import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Sockets that are opened at a time. */
const AT_ONCE = 32;

/** What one subscription asks for. */
export interface Subscription {
  readonly query: string;
  readonly variables: object;
}

/** Changes of one session. */
export const toSession = (sessionId: string): Subscription => ({
  query: 'subscription($id:ID){sessionStatusChanged(sessionId:$id){session{sessionId} stage{name status}}}',
  variables: { id: sessionId },
});

/** Changes of all sessions. */
export const TO_ALL: Subscription = {
  query: 'subscription{sessionStatusChanged{session{sessionId} stage{name status}}}',
  variables: {},
};

export interface Subscriptions {
  readonly count: number;
  readonly of: (n: number) => Subscription;
  /** Called with the number of the subscription for each message after its opening one. */
  readonly onChange: (n: number) => void;
}

/**
 * Opens each subscription on a WebSocket of its own; resolves when all have had their opening message. A subscription
 * that ends later, or is sent an error, ends the process: what it would measure is wrong.
 */
export async function openSubscriptions(url: string, { count, of, onChange }: Subscriptions): Promise<void> {
  let next = 0;
  const openInTurn = async () => {
    while (next < count) {
      const n = next++;
      await openOne(url, of(n), () => onChange(n));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, openInTurn));
}

async function openOne(url: string, payload: Subscription, onChange: () => void): Promise<void> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', {
    perMessageDeflate: false,
  });
  await once(socket, 'open');
  await new Promise<void>((resolve, reject) => {
    let isOpen = false;
    socket.on('message', (data: Buffer) => {
      // The type of a message stands before its payload.
      if (data.includes('"type":"next"')) {
        if (isOpen) onChange();
        else resolve();
        isOpen = true;
      } else if (data.includes('"type":"connection_ack"')) {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
      } else if (!data.includes('"type":"p')) failed(`was sent ${data}`);
    });
    socket.on('close', (code) => failed(`was closed with ${code}`));
    socket.send('{"type":"connection_init"}');

    function failed(how: string): void {
      const error = new Error(`a subscription ${how}`);
      if (isOpen) throw error;
      reject(error);
    }
  });
}
