import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EXPLORER, type Viewer } from '../../src/domain/viewer.ts';
import type { LiveTransport } from '../../src/observe.ts';
import {
  type Connection,
  type Connections,
  type ConnectionsOptions,
  createConnections,
  type EndReason,
} from '../../src/transport/connections.ts';
import { person } from '../support/builders/viewers.ts';

/** A connection that notes what is done to it, and closes when it is ended unless it is stubborn. */
class FakeConnection implements Connection {
  viewer: Viewer | null = null;
  readonly done: (EndReason | 'ping' | 'terminate')[] = [];
  readonly transport: LiveTransport;
  readonly #close: (connection: Connection) => void;
  readonly #isStubborn: boolean;

  constructor(transport: LiveTransport, close: (connection: Connection) => void, isStubborn = false) {
    this.transport = transport;
    this.#close = close;
    this.#isStubborn = isStubborn;
  }

  ping(): void {
    this.done.push('ping');
  }

  end(reason: EndReason): void {
    this.done.push(reason);
    if (!this.#isStubborn) this.#close(this);
  }

  terminate(): void {
    this.done.push('terminate');
    this.#close(this);
  }
}

const UNLIMITED = Number.POSITIVE_INFINITY;

describe('the rules of connections', () => {
  let connections: Connections;
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function create(options: Partial<ConnectionsOptions> = {}): void {
    connections = createConnections({
      maxConnections: UNLIMITED,
      maxPerViewer: { ws: UNLIMITED, sse: UNLIMITED },
      ...options,
    });
  }
  const one = (transport: LiveTransport = 'ws', isStubborn = false) =>
    new FakeConnection(transport, (connection) => connections.remove(connection), isStubborn);
  const counts = () => [connections.count('ws'), connections.count('sse')];

  it('count sockets and streams together against the limit of the gateway', () => {
    create({ maxConnections: 2 });
    const [socket, stream, third] = [one('ws'), one('sse'), one('ws')];
    expect([connections.add(socket), connections.add(stream, person('u1')), connections.add(third)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(counts()).toEqual([1, 1]);
    connections.remove(stream);
    expect(connections.add(third)).toBe(true);
    expect(counts()).toEqual([2, 0]);
  });

  it('limit the sockets and the streams of a viewer each for itself, whenever the viewer is known', () => {
    create({ maxConnections: 4, maxPerViewer: { ws: 1, sse: 1 } });
    const [first, second] = [one(), one()];
    connections.add(first);
    connections.add(second);
    expect(connections.admit(first, person('u1'))).toBe(true);
    expect(connections.admit(second, person('u1'))).toBe(false);
    expect(second.viewer).toBe(null);
    expect(connections.add(one('sse'), person('u1'))).toBe(true);
    expect(connections.add(one('sse'), person('u1'))).toBe(false);
    expect(connections.add(one('sse'), person('u2'))).toBe(true);
    // A refused socket stays until it has closed; a refused stream was never taken.
    expect(counts()).toEqual([2, 2]);
    connections.remove(second);
    connections.remove(first);
    const third = one();
    connections.add(third);
    expect(connections.admit(third, person('u1'))).toBe(true);
  });

  it('do not limit viewers without a user', () => {
    create({ maxPerViewer: { ws: 1, sse: 1 } });
    expect([1, 2, 3].map(() => connections.add(one('sse'), EXPLORER))).toEqual([true, true, true]);
  });

  it('keep nothing of one that closed while its client was verified', () => {
    create({ maxPerViewer: { ws: 1, sse: 1 } });
    const gone = one();
    connections.add(gone);
    connections.remove(gone);
    connections.remove(gone);
    connections.admit(gone, { ...person('u1'), expiresAt: Date.now() + 1_000 });
    const next = one();
    connections.add(next);
    expect(connections.admit(next, person('u1'))).toBe(true);
    vi.advanceTimersByTime(5_000);
    expect(gone.done).toEqual([]);
    expect(counts()).toEqual([1, 0]);
  });

  it('end a connection once its token has expired, by the clock of the store, within 1 s', () => {
    // The store's clock is an hour ahead of this machine's.
    const now = () => Date.now() + 3_600_000;
    create({ now });
    const [socket, stream, lasting] = [one('ws', true), one('sse', true), one('sse')];
    const expiresAt = now() + 5_000;
    connections.add(socket);
    connections.admit(socket, { ...person('u1'), expiresAt });
    connections.add(stream, { ...person('u1'), expiresAt });
    connections.add(lasting, person('u1'));
    vi.advanceTimersByTime(4_999);
    expect([...socket.done, ...stream.done]).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect([socket.done, stream.done]).toEqual([['expired'], ['expired']]);
    vi.advanceTimersByTime(5_000);
    expect([socket.done, stream.done, lasting.done]).toEqual([['expired'], ['expired'], []]);
  });

  it('ping every connection every 12 s from its beginning, admitted or not, until it closes', () => {
    create();
    const [socket, stream] = [one('ws'), one('sse')];
    connections.add(socket);
    connections.add(stream, EXPLORER);
    vi.advanceTimersByTime(12_000);
    connections.remove(stream);
    vi.advanceTimersByTime(12_000);
    expect([socket.done, stream.done]).toEqual([['ping', 'ping'], ['ping']]);
  });

  it('end all of them gradually in a drain, take no new one, and leave no timer behind', async () => {
    create();
    const all = Array.from({ length: 40 }, (_, n) => one(n % 2 === 0 ? 'ws' : 'sse'));
    for (const connection of all) connections.add(connection);
    let isDrained = false;
    void connections.drain(2_000).then(() => {
      isDrained = true;
    });
    expect(connections.isDraining).toBe(true);
    expect(connections.add(one())).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(all.filter(({ done }) => done.length > 0)).toHaveLength(21);
    expect(isDrained).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(all.map(({ done }) => done)).toEqual(all.map(() => ['goingAway']));
    expect([isDrained, vi.getTimerCount()]).toEqual([true, 0]);
  });

  it('cut in a drain what does not close by itself within a second, and not before', async () => {
    create();
    const [stubborn, willing] = [one('ws', true), one('ws')];
    connections.add(stubborn);
    connections.add(willing);
    let isDrained = false;
    // The second call waits for the end that the first one began.
    const drained = Promise.all([connections.drain(0), connections.drain(60_000)]).then(() => {
      isDrained = true;
    });
    await vi.advanceTimersByTimeAsync(700);
    expect([stubborn.done, isDrained]).toEqual([['goingAway'], false]);
    await vi.advanceTimersByTimeAsync(300);
    expect([stubborn.done, willing.done, isDrained]).toEqual([
      ['goingAway', 'terminate'],
      ['goingAway'],
      true,
    ]);
    await drained;
  });
});
