import type { Viewer } from '../domain/viewer.ts';
import type { LiveTransport } from '../observe.ts';
import { endGradually } from './drain.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createPerViewerLimit } from './per-viewer-limit.ts';

/** Why the gateway ends a connection. After each of them the client comes back, with its newest cursor. */
export type EndReason = 'goingAway' | 'slow' | 'expired';

/** What a WebSocket and a stream of events have in common. */
export interface Connection {
  readonly transport: LiveTransport;
  /** Null until the client was admitted. `Connections` alone sets it. */
  viewer: Viewer | null;
  /** Sends what keeps proxies from taking the connection for dead, and shows whether the peer is. */
  ping(): void;
  /** Ends it as its protocol does, so that the client knows that there is more to come. Harmless when repeated. */
  end(reason: EndReason): void;
  /** Cuts it at once: it did not go by itself. */
  terminate(): void;
}

/** All open connections, and the rules that hold for them on each transport. */
export interface Connections {
  /**
   * Takes a new connection, and admits it where its viewer is known. False, and not taken, where the gateway is
   * draining, has as many connections as it may, or has as many of this viewer as it may.
   */
  add(connection: Connection, viewer?: Viewer): boolean;
  /**
   * Counts a connection for its viewer, and ends it when the viewer's token expires. False, and not counted, where
   * the viewer has as many of this transport as allowed. A viewer without a user is not limited.
   */
  admit(connection: Connection, viewer: Viewer): boolean;
  /** To be called when a connection that was taken has closed. */
  remove(connection: Connection): void;
  /** Open connections of a transport. */
  count(transport: LiveTransport): number;
  /** Whether no new connection is taken, because the gateway is stopping. */
  readonly isDraining: boolean;
  /**
   * Ends all connections one after the other over `overMs`. Resolves when they have closed, at most a second later:
   * those that stay are cut. Calling it again waits for the same end.
   */
  drain(overMs: number): Promise<void>;
}

export interface ConnectionsOptions {
  /** Of all transports together. */
  readonly maxConnections: number;
  readonly maxPerViewer: Readonly<Record<LiveTransport, number>>;
  /** The clock that tokens expire by, in milliseconds since 1970. */
  readonly now?: () => number;
  /** Time between two pings of a connection, in milliseconds. */
  readonly heartbeatMs?: number;
}

/** Proxies cut a connection on which nothing moves. */
const HEARTBEAT_MS = 12_000;
/** A connection ends at most this long after its token has expired. */
const EXPIRY_CHECK_MS = 500;
/** How long the closing handshake may take at the end of a drain. */
const CLOSING_GRACE_MS = 800;

export function createConnections({
  maxConnections,
  maxPerViewer,
  now = Date.now,
  heartbeatMs = HEARTBEAT_MS,
}: ConnectionsOptions): Connections {
  const open = new Set<Connection>();
  /** Those of `open` whose viewer's token expires. */
  const expiring = new Map<Connection, number>();
  const counts = { ws: 0, sse: 0 };
  const viewerLimits = {
    ws: createPerViewerLimit(maxPerViewer.ws),
    sse: createPerViewerLimit(maxPerViewer.sse),
  };
  const heartbeat = createHeartbeat(heartbeatMs);
  const expiryTimer = setInterval(endExpired, EXPIRY_CHECK_MS).unref();
  let drained: Promise<void> | null = null;
  let onLastClosed = (): void => {};

  function add(connection: Connection, viewer?: Viewer): boolean {
    if (drained !== null || open.size >= maxConnections) return false;
    open.add(connection);
    if (viewer !== undefined && !admit(connection, viewer)) {
      open.delete(connection);
      return false;
    }
    counts[connection.transport] += 1;
    heartbeat.add(connection);
    return true;
  }

  function admit(connection: Connection, viewer: Viewer): boolean {
    // It may have closed while its token was verified: then nothing would take it back.
    if (!open.has(connection)) return true;
    if (!viewerLimits[connection.transport].add(viewer.userId)) return false;
    connection.viewer = viewer;
    if (viewer.expiresAt !== null) expiring.set(connection, viewer.expiresAt);
    return true;
  }

  function remove(connection: Connection): void {
    if (!open.delete(connection)) return;
    counts[connection.transport] -= 1;
    heartbeat.delete(connection);
    expiring.delete(connection);
    if (connection.viewer !== null) viewerLimits[connection.transport].remove(connection.viewer.userId);
    if (open.size === 0) onLastClosed();
  }

  function endExpired(): void {
    const at = now();
    for (const [connection, expiresAt] of expiring) {
      if (expiresAt > at) continue;
      expiring.delete(connection);
      connection.end('expired');
    }
  }

  async function endAll(overMs: number): Promise<void> {
    await endGradually([...open], overMs, (connection) => connection.end('goingAway'));
    const cut = setTimeout(() => {
      for (const connection of open) connection.terminate();
    }, CLOSING_GRACE_MS);
    await allClosed();
    clearTimeout(cut);
    clearInterval(expiryTimer);
    heartbeat.close();
  }

  function allClosed(): Promise<void> {
    return new Promise((resolve) => {
      if (open.size === 0) resolve();
      else onLastClosed = resolve;
    });
  }

  return {
    add,
    admit,
    remove,
    count: (transport) => counts[transport],
    get isDraining() {
      return drained !== null;
    },
    drain(overMs) {
      drained ??= endAll(overMs);
      return drained;
    },
  };
}
