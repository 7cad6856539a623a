import { expect, test } from 'vitest';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { LONG } from '../support/long.ts';

/** The interval of production. Other tests shorten it. */
const INTERVAL_MS = 12_000;

test.skipIf(!LONG)(
  'an idle socket is pinged, and an idle stream has a comment, every 12 s',
  async () => {
    const { url } = await startGateway();
    const query = 'subscription { sessionStatusChanged { cursor } }';
    const stream = await subscribeSse(url, { query });
    const { connection, next } = await subscribeWs(url, { query });
    await Promise.all([stream.next(), next()]);
    const pings: number[] = [];
    const comments: number[] = [];
    let length = stream.raw().length;
    const done = new Promise<void>((resolve) => {
      connection.socket.on('ping', () => {
        pings.push(performance.now());
        // Both began together, so that the stream's comment is at most a slot away from the socket's ping.
        if (stream.raw().length > length) comments.push(performance.now());
        length = stream.raw().length;
        if (pings.length === 4) resolve();
      });
    });
    await done;
    const gaps = pings.slice(1).map((at, n) => at - (pings[n] ?? 0));
    for (const gap of gaps) expect(Math.abs(gap - INTERVAL_MS)).toBeLessThan(700);
    expect(comments.length).toBeGreaterThanOrEqual(3);
    expect(stream.raw().split(':\n\n').length - 1).toBeLessThanOrEqual(6);
  },
  90_000,
);
