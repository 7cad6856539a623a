import { CallboardError } from '../errors.ts';

/**
 * The token was good and has expired. Over HTTP it is answered like any bad token (401); a WebSocket is closed with
 * 4403 instead of 4401, because with a fresh token and its cursor the client resumes without a loss (docs/security.md).
 */
export class TokenExpiredError extends CallboardError {
  constructor() {
    super('UNAUTHENTICATED', 'The token has expired: come back with a fresh one.');
  }
}
