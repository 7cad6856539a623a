import type { Emit } from '../../observe.ts';
import type { Connections } from '../connections.ts';
import type { Authenticate, ConnectionParams } from './authenticate.ts';
import { CLOSE_CODES, type CloseReason } from './close-codes.ts';
import type { WsConnection } from './connection.ts';

interface Parts {
  readonly authenticate: Authenticate;
  readonly connections: Connections;
  readonly emit: Emit;
}

/**
 * Admits a client by its `connection_init`. Resolves with the payload of `connection_ack`, which says when the token
 * expires; with false after the client was turned away.
 */
export function createAdmit({ authenticate, connections, emit }: Parts) {
  return async (
    connection: WsConnection,
    connectionParams: ConnectionParams | undefined,
  ): Promise<false | Record<string, unknown>> => {
    const { request } = connection;
    if (request === null) return false;
    const authentication = await authenticate(connectionParams, request);
    if ('refused' in authentication) {
      const { refused } = authentication;
      if (refused === 'unauthorized') turnAway(connection, refused, emit, 'no token, or a bad one');
      else turnAway(connection, refused, emit);
      return false;
    }
    const { viewer } = authentication;
    if (!connections.admit(connection, viewer)) {
      turnAway(connection, 'overloaded', emit, 'too many sockets of one viewer');
      return false;
    }
    connection.request = null;
    return { expiresAt: viewer.expiresAt === null ? null : new Date(viewer.expiresAt).toISOString() };
  };
}

/** Closes a connection that is not admitted, and reports why. */
export function turnAway(
  connection: WsConnection,
  reason: CloseReason,
  emit: Emit,
  cause: string = CLOSE_CODES[reason][1],
): void {
  connection.end(reason);
  emit.upgradeRefused?.({ code: CLOSE_CODES[reason][0], cause });
}
