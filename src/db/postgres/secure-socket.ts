import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { StoreTls } from './tls.ts';

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest, and the answer that accepts it. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const WILLING = 'S'.charCodeAt(0);

/**
 * Asks the server at the other end of `socket`, which is still connecting, for TLS, and returns the encrypted socket
 * after the handshake. Returns `socket` itself where the server has no TLS and it is optional. Rejects where it is
 * required and missing, where the certificate is not accepted, and where all of it takes longer than `withinMs`.
 *
 * postgres.js could do so itself, but it removes every listener of the socket, and does not know `sslrootcert`.
 */
export async function secureSocket(
  socket: Socket,
  { tls, host, withinMs }: { readonly tls: StoreTls; readonly host: string; readonly withinMs: number },
): Promise<Socket> {
  const timeout = AbortSignal.timeout(withinMs);
  try {
    await once(socket, 'connect', { signal: timeout });
    socket.write(SSL_REQUEST);
    const [answer]: Buffer[] = await Promise.race([
      once(socket, 'data', { signal: timeout }),
      once(socket, 'close', { signal: timeout }).then(() => []),
    ]);
    if (answer?.[0] !== WILLING) {
      if (answer !== undefined && tls.isOptional) return socket;
      throw Object.assign(new Error('the server does not speak TLS'), { code: 'TLS_NOT_SUPPORTED' });
    }
    const secure: TLSSocket = connect({
      ...tls.optionsFor(host),
      socket,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    await once(secure, 'secureConnect', { signal: timeout });
    return secure;
  } catch (error) {
    socket.destroy();
    throw timeout.aborted
      ? Object.assign(new Error('the server did not answer in time', { cause: error }), {
          code: 'CONNECT_TIMEOUT',
        })
      : error;
  }
}
