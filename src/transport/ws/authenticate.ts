import type { IncomingMessage } from 'node:http';
import type { Viewer } from '../../domain/viewer.ts';
import { CallboardError } from '../../errors.ts';
import { TokenExpiredError } from '../../viewers/token-expired.ts';
import { fromHeader, VIEW_AS_HEADER } from '../../viewers/view-as.ts';
import type { ViewerReader } from '../../viewers/viewer-reader.ts';
import type { CloseReason } from './close-codes.ts';

/** The payload of `connection_init`. */
export type ConnectionParams = Readonly<Record<string, unknown>>;

/** Who a client is by its `connection_init`, or why it is turned away. */
type Authentication =
  | { readonly viewer: Viewer }
  | { readonly refused: Extract<CloseReason, 'unauthorized' | 'expired' | 'overloaded' | 'badRequest'> };

/** What it throws closes the socket with 1011. */
export type Authenticate = (
  connectionParams: ConnectionParams | undefined,
  handshake: IncomingMessage,
) => Authentication | Promise<Authentication>;

/**
 * Admits a client by `connectionParams: { authorization: "Bearer …" }`, in any letter case, or in `headers` within;
 * clients that can set headers may use the handshake's instead. A bad token ends the socket with 4401, an expired
 * one with 4403; where it cannot be verified now, 1013: come back. In explore mode `as` names the person whose view is
 * wanted, as the header Callboard-As does; where it is no id, 4400.
 */
export function createWsAuthenticate(viewers: ViewerReader): Authenticate {
  return async (connectionParams, { headers }) => {
    try {
      const authorization = authorizationIn(connectionParams) ?? headers.authorization;
      const as = fieldOf(connectionParams ?? {}, 'as') ?? fromHeader(headers[VIEW_AS_HEADER]);
      return { viewer: await viewers.read(authorization, as) };
    } catch (error) {
      if (error instanceof TokenExpiredError) return { refused: 'expired' };
      if (!(error instanceof CallboardError)) throw error;
      if (error.code === 'BAD_USER_INPUT') return { refused: 'badRequest' };
      return { refused: error.code === 'UNAUTHENTICATED' ? 'unauthorized' : 'overloaded' };
    }
  };
}

function authorizationIn(params: ConnectionParams = {}): string | undefined {
  const own = fieldOf(params, 'authorization');
  if (typeof own === 'string') return own;
  const headers = fieldOf(params, 'headers');
  const inner = isObject(headers) ? fieldOf(headers, 'authorization') : undefined;
  return typeof inner === 'string' ? inner : undefined;
}

/** The field of this name in any letter case. */
function fieldOf(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  const key = Object.keys(fields).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : fields[key];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
