import { CallboardError } from '../errors.ts';

/**
 * The token was good and has expired: TOKEN_EXPIRED over HTTP (401), 4403 on a WebSocket. Told apart from a bad token
 * (UNAUTHENTICATED, 4401), because with a fresh one and its cursor the client resumes without a loss (docs/security.md).
 */
export class TokenExpiredError extends CallboardError {
  constructor() {
    super('TOKEN_EXPIRED', 'The token has expired: come back with a fresh one.');
  }
}
